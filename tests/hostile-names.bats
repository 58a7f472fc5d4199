#!/usr/bin/env bats
# Names that others choose (mount points, sources, types, options, commands of processes), with everything in them that a
# terminal or Graphviz obeys: no output of any program has a control character, and a picture stays the picture that it is.

load lib

# ESC, BEL, CSI as U+009B and as a byte, quotes, a backslash, and a letter of two bytes, which stays.
hostile=$'e\e[2J\a\u009b31m\x9b31m"];x[label="\\Nö'

setup() {
	SERVICES=()
	cd /
	mkdir -p "/opt/$hostile" "/srv/$hostile" /mnt/a
	mount -t tmpfs "$hostile" "/opt/$hostile"
	mount -t tmpfs -o x-note "top$hostile" "/opt/$hostile"
	# A process in a namespace of its own; its command is the name of its file.
	cp /usr/bin/sleep $'/srv/\e[2J"];y\u009b'
	unshare --mount --propagation slave $'/srv/\e[2J"];y\u009b' 1000 3>&- &
	SERVICE=$!
	SERVICES+=("$SERVICE")
	until grep -qF '"];y' "/proc/$SERVICE/comm"; do sleep 0.05; done
}

# clean COMMAND...: run COMMAND, and check that neither its output nor its messages have a control character.
clean() {
	run "$@"
	if LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|(?<![\x80-\xff])[\x80-\x9f]' <<<"$output"; then
		printf 'control characters in: %s\n' "$*"
		LC_ALL=C sed -n l <<<"$output"
		return 1
	fi
	# What is not a control character is as it was.
	[[ -z ${shows:-} || $output == *ö* ]] || { echo "no ö in: $*: $output"; return 1; }
}

@test "mount prints no control character" {
	shows=yes clean mount
	shows=yes clean mount -l
	shows=yes clean mount -v -t tmpfs "$hostile" "/srv/$hostile"
	shows=yes clean mount -v --bind "/srv/$hostile" /mnt/a
	shows=yes clean mount -v --make-private "/srv/$hostile"
	shows=yes clean mount -v -o remount "/srv/$hostile"
	mkdir "/srv/moved$hostile"
	shows=yes clean mount -v --move "/srv/$hostile" "/srv/moved$hostile"
	shows=yes clean mount "/none$hostile"
	shows=yes clean mount "/none$hostile" /mnt/a
	shows=yes clean mount -t tmpfs a "/none$hostile"
	clean mount -t "$hostile" a /mnt/a
	clean mount -t tmpfs -o "$hostile" a /mnt/a
	clean mount -N "/none$hostile"

	clean mount --tuck -o remount "$hostile"
	printf '%s\n' "a /srv/${hostile//[$' \\']/} tmpfs rw" "b /none/${hostile//[$' \\']/} tmpfs rw" "${hostile//[$' \\']/}" >/etc/fstab
	shows=yes clean mount -av
	shows=yes clean mount -av
	shows=yes clean mount -avF -t tmpfs
	shows=yes clean mount -av -o remount
}

@test "a tuck and a reveal print no control character" {
	for words in "--fake --verbose" --verbose "--reveal --verbose"; do
		# shellcheck disable=SC2086 # a list of words
		shows=yes clean mount --tuck $words -t tmpfs "$hostile" "/opt/$hostile"
	done
	shows=yes clean mount --tuck -t tmpfs "$hostile" "/srv/$hostile"
	shows=yes clean mount --tuck --bind "/none$hostile" "/opt/$hostile"
	clean mount --tuck --bind -o "X-mount.subdir=$hostile" /srv "/opt/$hostile"
	shows=yes clean mount --tuck --bind -o "X-mount.subdir=none$hostile" /srv "/opt/$hostile"
	in_service "$SERVICE" mount -t tmpfs "$hostile" "/opt/$hostile"
	shows=yes clean umount --reveal --fake --verbose "/opt/$hostile"
	clean umount --reveal "/opt/$hostile"
	clean umount --reveal=force --verbose "/opt/$hostile"
	shows=yes clean umount --reveal "/srv/$hostile"
}

@test "umount prints no control character" {
	shows=yes clean umount "/srv/$hostile"
	shows=yes clean umount "/none$hostile"
	shows=yes clean umount "$hostile"
	shows=yes clean umount -v "/opt/$hostile"
	mkdir "/opt/$hostile/in$hostile"
	mount -t tmpfs "$hostile" "/opt/$hostile/in$hostile"
	exec {held}<"/opt/$hostile/in$hostile"
	shows=yes clean umount "/opt/$hostile/in$hostile"
	shows=yes clean umount -Rv "/opt/$hostile"
	shows=yes clean umount -Av "/opt/$hostile"
	shows=yes clean umount -av -t tmpfs
	exec {held}<&-
	shows=yes clean umount -Rv "/opt/$hostile"
	clean umount -N "/none$hostile" /opt
}

@test "findmnt prints no control character" {
	for words in "" -l -r -P --df --shadowed --propagation --propagation=groups --propagation=dot --tucked --verify \
		"--propagation --namespaces" "--propagation=groups --namespaces" "--propagation=dot --namespaces" "--tucked --namespaces" \
		"-o TARGET,SOURCE,NS,PID,COMMAND --namespaces --propagation" "-lo +COMMAND --propagation --namespaces"; do
		# shellcheck disable=SC2086 # a list of words
		clean findmnt $words
	done
	for words in "-F /none" -T "-S" "-o " "-N " "-t " "--propagation=" "--tucked --wait=0 " "-O " "--poll="; do
		# shellcheck disable=SC2086 # a list of words
		clean timeout 5 findmnt $words"$hostile"
	done
	shows=yes clean findmnt --propagation=receivers "/opt/$hostile"
	shows=yes clean findmnt "/opt/$hostile"
	printf '%s\n' "${hostile//[$' \\']/} /none${hostile//[$' \\']/} tmpfs rw" "${hostile//[$' \\']/}" >/etc/fstab
	clean findmnt --verify --verbose
	clean findmnt --fstab
	printf '%s\n' "$hostile" >"/srv/table$hostile"
	clean findmnt -F "/srv/table$hostile"
}

@test "a picture has the nodes that groups and slaves have, whatever their names" {
	local words rest
	for words in "" --namespaces; do
		# shellcheck disable=SC2086
		clean findmnt --propagation=dot $words -t tmpfs
		# shellcheck disable=SC2086
		output=$(findmnt --propagation=dot $words -t tmpfs 2>/dev/null) || true
		[[ $output == *'31m\"];x[label=\"\\Nö'* ]]
		# Outside of quoted strings there is nothing of the names.
		rest=$(sed -E 's/"([^"\\]|\\.)*"//g' <<<"$output")
		[[ $rest != *'"'* && $rest != *31m* && $rest != *'x['* ]] || { echo "outside of strings: $rest"; return 1; }
	done
	! command -v dot >/dev/null || findmnt --propagation=dot --namespaces -t tmpfs 2>/dev/null | dot -Tsvg >/dev/null
}

@test "a name with a line feed does not begin a line of a message" {
	local line
	umount "/opt/$hostile" "/opt/$hostile"
	mkdir -p /srv/v1/sub /srv/v2/sub
	mount --bind /srv/v1 /opt
	mount --make-private /opt
	mount --make-shared /opt
	mkdir $'/opt/sub/x\n\tcommand\nb'
	mount --tuck /srv/v2 /opt
	mount -t tmpfs lost $'/opt/sub/x\n\tcommand\nb'
	run umount --reveal /opt
	[ "$status" -eq 32 ]
	[[ $output == *'x??command?b'* ]]
	run umount --reveal=force /opt
	[ "$status" -eq 0 ]
	[[ $output == *'x??command?b'* ]]
	while IFS= read -r line; do [[ $line != *command* || $line == *'x??command?b'* ]]; done <<<"$output"
}
