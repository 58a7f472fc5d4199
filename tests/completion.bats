#!/usr/bin/env bats
# What bash offers when TAB is pressed after mount, umount and findmnt.

load lib

# offers WORD...: what is offered at the end of these words, split as bash splits them, a line each. In a shell of its
# own, which bats does not trace. LOADER: a script that loads the completion of a program.
LOADER="source '$MOUNT_TUCK_SRC/bash-completion/mount-tuck'"
offers() {
	# shellcheck disable=SC2016 # expanded there
	LOADER=$LOADER bash -c '
		set -- "$0" "$@"
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMPREPLY=()
		eval "$LOADER"
		function=$(complete -p "$1" | sed -E "s/.*-F ([^ ]+).*/\1/")
		"$function" "$1" "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}"
		((${#COMPREPLY[@]} == 0)) || printf "%s\n" "${COMPREPLY[@]}"' "$@"
}

# given LINE...: TAB is pressed at the end of each line, then Enter: the arguments that the program would get, a line each, in
# brackets. An interactive bash reads the keys: what it builds depends on readline, too.
given() {
	cat >/tmp/rc <<-END
		$LOADER
		arguments() { shift; printf '[%s]' "\$@"; echo; }
		bind -x '"\C-g": eval "arguments \$READLINE_LINE" >>/tmp/given'
	END
	rm -f /tmp/given
	printf '%s\t\a\025' "$@" | INPUTRC=/dev/null TERM=dumb bash --rcfile /tmp/rc -i >/tmp/said 2>&1
	cat /tmp/given
}

# is "LINE LINE..." COMMAND...: exactly these lines, in any order.
is() {
	local expected=$1
	shift
	diff <(printf '%s' "${expected:+$expected$'\n'}" | tr ' ' '\n' | sort) <("$@" | sort)
}

@test "every option that --help prints is offered" {
	for program in mount umount findmnt; do
		offered=$(offers "$program" -)
		for option in $("$program" --help | grep -oE '^ +(-[a-zA-Z],? )? *(--[a-z-]+)?' | grep -oE -- '--?[a-zA-Z-]+'); do
			grep -qxE -- "$option=?" <<<"$offered" || { echo "$program: not offered: $option"; return 1; }
		done
	done
	[ "$(offers mount - | wc -l)" -ge 60 ]
	[ "$(offers findmnt - | wc -l)" -ge 70 ]
}

@test "values that an option has are offered, also in one word with it" {
	is "strict kernel" offers mount --tuck =
	is "strict" offers mount --tuck = s
	is "force exact" offers mount --reveal = ""
	is "force" offers umount --reveal = f
	is "caller" offers mount --source-namespace ""
	is "mounts groups receivers receivers,mount dot" offers findmnt --propagation =
	is "mountinfo listmount" offers findmnt --kernel =
	is "forward" offers findmnt --direction f
	is "replace" offers mount --options-mode r
}

@test "every value that is offered is one that the program takes" {
	mount -t tmpfs old /opt
	for view in $(offers findmnt --propagation =); do
		findmnt --propagation="$view" /opt >/dev/null
	done
	for method in $(offers findmnt --kernel =); do
		findmnt --kernel="$method" / >/dev/null
	done
	for way in $(offers findmnt --direction ""); do
		findmnt --direction "$way" / >/dev/null
	done
	for when in never auto; do
		[[ $(offers findmnt --hyperlink =) == *"$when"* ]]
		findmnt --hyperlink="$when" / >/dev/null
	done
	for actions in $(offers findmnt --poll =); do
		run timeout 10 findmnt --poll="$actions" --timeout 1
		[ "$status" -eq 0 ] || [ -z "$output" ]
	done
	mkdir /srv/new
	for rules in $(offers mount --tuck =); do
		mount --tuck="$rules" --fake /srv/new /opt
	done
	for mode in $(offers mount --options-mode ""); do
		mount --options-mode "$mode" --fake -t tmpfs none /opt
	done
	for source in $(offers mount --options-source ""); do
		mount --options-source "$source" --fake -t tmpfs none /opt
	done
}

@test "all columns are offered, in a list too, and none twice" {
	is "$(findmnt --list-columns --raw | cut -d ' ' -f 1 | xargs)" offers findmnt --output ""
	is "SOURCES SOURCE" offers findmnt -o SOU
	is "TARGET,SOURCES" offers findmnt -o TARGET,SOURCES
	is "+SOURCE,TARGET +SOURCE,TID +SOURCE,TUCKED" offers findmnt -o +SOURCE,T
	is "TARGET,TID TARGET,TUCKED" offers findmnt --output = TARGET,T
}

@test "types and options are offered, in lists, with no before them" {
	is "tmpfs" offers mount -t tmpf
	is "notmpfs" offers findmnt --types = notmpf
	is "ext4,tmpfs" offers umount -t ext4,tmpf
	is "ro,nosuid ro,nosymfollow" offers mount -o ro,nos
	is "X-mount.subdir=" offers mount -o X-mount.s
}

@test "what is mounted is offered, with spaces and in another namespace too" {
	mkdir -p "/srv/two words" /srv/here
	mount -t tmpfs one "/srv/two words"
	mount -t tmpfs two /srv/here
	[ "$(offers umount /srv/t)" = "/srv/two\\ words" ]
	[ "$(offers umount --lazy tw)" = two ]
	[ "$(offers findmnt -M /srv/h)" = /srv/here ]
	[ "$(offers findmnt -S on)" = one ]
	service
	in_service "$SERVICE" mount -t tmpfs three /srv/there --mkdir
	[ -z "$(offers umount thr)" ]
	[ "$(offers umount -N "$SERVICE" thr)" = three ]
	[ "$(offers umount --namespace = "$SERVICE" thr)" = three ]
	[ "$(offers findmnt --task "$SERVICE" --mountpoint = /srv/th)" = /srv/there ]
}

@test "what is beneath another mount is offered, and with --reveal and --tucked only what has something beneath" {
	mkdir -p /srv/plain
	mount -t tmpfs plain /srv/plain
	mount -t tmpfs older /opt
	mount -t tmpfs newer /opt
	[ "$(offers findmnt -S old)" = older ]
	is "/opt" offers umount --reveal ""
	is "/opt" offers umount --reveal = force /o
	is "/opt" offers findmnt --tucked ""
	offers umount "" | grep -qx /srv/plain
}

@test "operands of mount: devices, fstab's entries and files first, then targets" {
	echo "LABEL=data /srv/data ext4 defaults 0 0" >/etc/fstab
	mkdir /srv/data
	[[ $'\n'$(offers mount "")$'\n' == *$'\n'"LABEL=data"$'\n'* ]]
	is "data" offers mount LABEL = da
	[ "$(offers mount /dev/nul)" = /dev/null ]
	[ "$(offers mount --tuck /dev/null /srv/d)" = /srv/data ]
	[ -z "$(offers mount -t tmpfs x LABEL = da)" ]
	mount -t tmpfs old /opt
	[ "$(offers mount --bind /dev/null /op)" = /opt ]
}

# Names of mounts, which a user can choose by FUSE, and of which a shell would run a part if they were not quoted.
# shellcheck disable=SC2016 # not expanded
names=("two words" 'a;touch ran;b&"c'\''d\$(touch ran)`touch ran`!e*{f' 'a=b:c,$(touch ran)=' $'a\tb')

@test "bash quotes a name that others have chosen, also within quotes: Enter runs no part of it" {
	for name in "${names[@]}"; do
		path=/srv/x$name
		mkdir "$path"
		mount -t tmpfs "source $name" "$path"
		mount -t tmpfs "source $name" "$path"
		run given 'umount /srv/x' 'umount "/srv/x' "umount '/srv/x" 'umount /srv/"x' 'umount "/srv"/x' 'umount --lazy sou' \
			'umount --reveal /srv/x' 'findmnt --tucked /srv/x' 'findmnt -M /srv/x' 'findmnt --mountpoint=/srv/x' \
			'findmnt --mountpoint="/srv/x' 'findmnt -S "source ' 'findmnt -S source\ ' 'findmnt --source=sou'
		diff <(echo "$output") - <<-END
			[$path]
			[$path]
			[$path]
			[$path]
			[$path]
			[--lazy][source $name]
			[--reveal][$path]
			[--tucked][$path]
			[-M][$path]
			[--mountpoint=$path]
			[--mountpoint=$path]
			[-S][source $name]
			[-S][source $name]
			[--source=source $name]
		END
		umount "$path" "$path"
		rmdir "$path"
	done
	[ ! -e ran ]
}

@test "bash quotes a name that can be a file's, too; a directory's ends with a slash" {
	for name in "${names[@]}"; do
		path=/srv/x$name
		mkdir "$path"
		mount -t tmpfs source "$path"
		run given 'mount --bind /dev/null /srv/x' 'mount --bind /dev/null "/srv/x' 'findmnt /srv/x' 'mount --target /srv/x' \
			"findmnt --target='/srv/x"
		diff <(echo "$output") - <<-END
			[--bind][/dev/null][$path/]
			[--bind][/dev/null][$path/]
			[$path/]
			[--target][$path/]
			[--target=$path/]
		END
		umount "$path"
		rmdir "$path"
	done
	[ ! -e ran ]
}

@test "a word that bash has quoted in part is completed further" {
	mkdir "/srv/two words" "/srv/two worlds" "/srv/two=a b"
	for name in "two words" "two worlds" "two=a b"; do mount -t tmpfs "$name" "/srv/$name"; done
	is "[/srv/two_wor] [/srv/two_words] [/srv/two_words] [/srv/two_words] [/srv/two=a_b] [/srv/two=a_b] [/srv/two=a_b]" \
		tr ' ' _ < <(given 'umount /srv/two\ ' 'umount /srv/two\ word' 'umount "/srv/two word' "umount /srv/two' 'word" \
		'umount /srv/two=' 'umount /srv/two\=' 'umount "/srv/two=')
	is "[/srv/two_words/] [--bind][/srv/two_words/]" \
		tr ' ' _ < <(given 'findmnt /srv/two\ word' 'mount --bind "/srv/two word')
}

@test "a FUSE filesystem's type is quoted in a list, and the comma before it is not" {
	[[ -c /dev/fuse ]] || skip "this machine has no /dev/fuse"
	exec 7<>/dev/fuse
	# shellcheck disable=SC2016 # not expanded
	mount -i -t 'fuse.a;$(id)' -o fd=7,rootmode=40000,user_id=0,group_id=0 none /mnt
	# shellcheck disable=SC2016 # not expanded
	[[ $(</proc/self/mountinfo) == *' - fuse.a;$(id) '* ]] || skip "this libmount mounts another type"
	run given 'umount -t ext4,fuse.a' 'findmnt --types="ext4,fuse.a'
	umount --lazy /mnt
	echo "$output"
	[ "${lines[0]}" = "[-t][ext4,fuse.a;\$(id)]" ]
	[ "${lines[1]}" = "[--types=ext4,fuse.a;\$(id)]" ]
	[ "$(offers umount -t ext4,tmpf)" = ext4,tmpfs ]
	[ ! -e ran ]
}

@test "the installed files are what bash-completion loads, and a prefixed name has its own" {
	[ -e /usr/share/bash-completion/bash_completion ] || skip "bash-completion is not here"
	prefix=$BATS_TEST_TMPDIR/prefix
	make -s -C "$MOUNT_TUCK_BUILD" install-data-hook bashcompletiondir=/completions DESTDIR="$prefix"
	make -s -C "$MOUNT_TUCK_BUILD" install-data-hook bashcompletiondir=/completions DESTDIR="$prefix" transform='s,^,tuck-,'
	is "findmnt mount tuck-findmnt tuck-mount tuck-umount umount" ls "$prefix/completions"
	# bash-completion 2.12 and later has other names.
	# shellcheck disable=SC2016 # expanded there
	LOADER='source /usr/share/bash-completion/bash_completion; complete -r
		load=__load_completion; ! declare -F _comp_load >/dev/null || load=_comp_load; "$load" "$1"'
	export BASH_COMPLETION_USER_DIR=$prefix
	is "strict kernel" offers mount --tuck =
	is "force exact" offers umount --reveal =
	is "--propagation" offers findmnt --pro
	ln -s "$MOUNT_TUCK_BUILD/umount" "$BATS_TEST_TMPDIR/tuck-umount"
	PATH=$BATS_TEST_TMPDIR:$PATH
	is "force exact" offers tuck-umount --reveal =
	make -s -C "$MOUNT_TUCK_BUILD" uninstall-hook bashcompletiondir=/completions DESTDIR="$prefix"
	is "tuck-findmnt tuck-mount tuck-umount" ls "$prefix/completions"
}
