#!/usr/bin/env bats
# How an unmount spreads to a mount that a service has covered, which depends on the kernel, and what a reveal makes of it.

bats_require_minimum_version 1.5.0
load lib.bash

setup() {
	SERVICES=()
	cd /
	versions 1 2
	mount --make-shared /
	mount --bind /srv/v1 /opt
	mount --make-private /opt
	mount --make-shared /opt
	mount -t tmpfs part /opt/sub
	prepared slave "mount -t tmpfs mask /opt/sub"
}

# slides: whether a mount that covers one on the unmounted mount slides down to the mount point of that, as before Linux 6.17.
slides() { ! printf '%s\n' 6.17 "$(uname -r | cut -d - -f 1)" | sort --version-sort --check=quiet; }

# mask: print where the service's mask is mounted.
mask() { mount_table "$SERVICE" | awk '$(NF - 1) == "mask" { print $5 }'; }

@test "the kernel alone lets a service's mask slide down over the target before Linux 6.17, and not since" {
	/usr/bin/umount --lazy /opt
	if slides; then
		[[ $(mask) == /opt ]]
	else
		[[ $(mask) == /opt/sub ]]
		# The library finds it out in the same way in a container.
		kernel-feature keeps-covered
		unshare --user --map-root-user --mount kernel-feature keeps-covered
	fi
}

@test "a service's mask of a mount on the old version stays where it is: reveal-propagates refuses where it would slide down" {
	unchanged mount --tuck --reveal=force --fake --verbose /srv/v2 /opt
	if slides; then
		refused reveal-propagates
		for force in "" =force; do
			unchanged mount --tuck --reveal$force /srv/v2 /opt
			refused reveal-propagates
			says "a mount that covers another one on the old version would slide down to /opt in the mount namespace of process $SERVICE (sleep) (as before Linux 6.17)"
		done
		run -0 follow_remedy
		says "following: mount --namespace $SERVICE --make-private /opt"
	fi
	unchanged mount --tuck --reveal /srv/v2 /opt
	refused reveal-children
	run follow_remedy
	[[ $status == 64 ]]
	says "following: mount --tuck --reveal=force /srv/v2 /opt"
	says "the old version stays at /opt in the mount namespace of process $SERVICE (sleep)"
	[[ $(mask) == /opt/sub ]]
	[[ $(</opt/version) == 2 ]]
	[[ $(in_service "$SERVICE" cat /opt/version) == 1 ]]
}
