#!/usr/bin/env bats
# examples/cooperative-service: what the units say, and their commands without systemd.

load lib
bats_require_minimum_version 1.5.0

setup() {
	SERVICES=()
	cd /
	units=$MOUNT_TUCK_SRC/examples/cooperative-service
	# Where the units look for what they call. Commands without a path are found there first, as in systemd's PATH.
	mount -t tmpfs local /usr/local
	mkdir /usr/local/sbin
	cp "$MOUNT_TUCK_SRC/examples/update-cooperative" /usr/local/sbin
	for program in mount umount findmnt; do ln -s "$MOUNT_TUCK_BUILD/$program" /usr/local/sbin; done
	for version in 1 2 3; do
		mkdir -p "/srv/$version/bin"
		echo "v$version" >"/srv/$version/version"
		# It reads its version when it begins, and when it is told to.
		cat >"/srv/$version/bin/app" <<-'E'
			#!/usr/bin/perl
			# No shell: with bash 5.3 the trap was at times seen not to run.
			sub see {
				open my $version, "<", "/opt/app/version" or die;
				open my $seen, ">>", "/run/seen" or die;
				print {$seen} <$version>;
			}
			$SIG{HUP} = \&see;
			see();
			open my $ready, ">", "/run/ready" or die;
			print $ready "\n";
			close $ready;
			sleep 1 while 1;
		E
		chmod +x "/srv/$version/bin/app"
		mksquashfs "/srv/$version" "/srv/$version.squashfs" -quiet -no-progress
	done
	mkdir -p /opt/app /var/lib/app
	mkfifo /run/ready
}

# commands UNIT KEY: its command lines, each as a shell would have it.
commands() {
	sed -n "s/^$2=+\{0,1\}//p" "$units/$1"
}

# call UNIT KEY: run them as the service manager does: one after the other, up to the first that fails.
call() {
	# shellcheck disable=SC2034 # in the lines
	local MAINPID=$SERVICE line
	while read -r line; do
		eval "$line" || return
	done < <(commands "$1" "$2")
}

# arrives VERSION: a new file, in one step.
arrives() {
	cp "/srv/$1.squashfs" /var/lib/app/.new
	mv /var/lib/app/.new /var/lib/app/app.squashfs
}

# seen VERSIONS: what the service has read; it may take a moment.
seen() {
	for _ in {1..200}; do
		[[ $(tr '\n' ' ' </run/seen) != "$1 " ]] || return 0
		sleep 0.1
	done
	cat /run/seen
	return 1
}

# start: the service, in a mount namespace as PrivateMounts=yes makes it.
start() {
	grep -qx 'PrivateMounts=yes' "$units/app.service"
	PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin unshare --mount --propagation slave \
		bash -c "exec $(commands app.service ExecStart)" 3>&- &
	SERVICE=$!
	SERVICES+=("$SERVICE")
	read -r -t 20 _ <>/run/ready
}

@test "systemd takes the units as they are" {
	needs_loop_devices
	command -v systemd-analyze >/dev/null || skip "systemd-analyze is missing"
	arrives 1
	mount -o loop,ro,nodev /var/lib/app/app.squashfs /opt/app
	run -0 systemd-analyze verify --man=no "$units"/app*
	[[ -z $output ]]
}

@test "the service has the old version until it reloads, through several updates, and then the newest" {
	needs_loop_devices
	needs_kernel_feature beneath # --make-private under a shared parent
	arrives 1
	# As its head comment says, of the first version.
	mount "$(sed -n 's/^# *\(\/var[^ ]*\) .*/\1/p' "$units/app.service")" /opt/app -t squashfs -o loop,ro,nodev
	start
	seen v1
	arrives 2
	run -0 call app-update.service ExecStart
	[[ $(cat /opt/app/version) == v2 ]]
	[[ $(in_service "$SERVICE" cat /opt/app/version) == v1 ]]
	arrives 3
	run -0 call app-update.service ExecStart
	[[ $(cat /opt/app/version) == v3 && $(in_service "$SERVICE" cat /opt/app/version) == v1 ]]
	seen v1
	run -0 call app.service ExecReload
	[[ $(in_service "$SERVICE" cat /opt/app/version) == v3 ]]
	seen "v1 v3"
	# A reload with nothing new is no failure.
	run -0 call app.service ExecReload
	seen "v1 v3 v3"
	# One that starts now has the newest.
	start
	seen "v1 v3 v3 v3"
}

@test "the updater's units name what the service's names: the file, the directory, the unit" {
	[[ $(commands app-update.path PathChanged) == /var/lib/app/app.squashfs ]]
	[[ $(commands app-update.service ExecStart) == *" /var/lib/app/app.squashfs /opt/app" ]]
	[[ $(commands app-update.service ExecStartPost) == *"reload"*" app.service" ]]
}

@test "a version that does not mount is refused, and the service isn't told" {
	needs_loop_devices
	arrives 1
	mount -t squashfs -o loop,ro,nodev /var/lib/app/app.squashfs /opt/app
	start
	head -c 4096 /dev/zero >/var/lib/app/app.squashfs.bad
	mv /var/lib/app/app.squashfs.bad /var/lib/app/app.squashfs
	unchanged call app-update.service ExecStart
	[[ $status -eq 32 ]]
	[[ $(cat /opt/app/version) == v1 ]]
}
