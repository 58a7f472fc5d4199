#!/usr/bin/env bats
# What a person reads can be translated, and a translation is used; what scripts read stays as it is.

load lib

teardown() { rm -f "$MOUNT_TUCK_BUILD"/po/xx.*; }

setup() {
	for program in xgettext msgen msgfmt localedef; do
		command -v "$program" >/dev/null || skip "$program is not here"
	done
	[ -e /usr/share/i18n/locales/POSIX ] || skip "the sources of locales are not here"
}

# Not as part of a make that runs the tests, and has words of its own.
in_build() { env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s --no-print-directory -C "$MOUNT_TUCK_BUILD" "$@"; }

locale_directory() {
	# shellcheck disable=SC2016 # make's variable
	in_build --eval='where: ; @echo $(localedir)' where
}

# A translation of everything into a language with dots for spaces, installed in this test's own root.
install_translation() {
	local directory
	directory=$(locale_directory)
	while [ ! -d "$directory" ]; do directory=${directory%/*}; done
	mount -t tmpfs locale "$directory"
	mkdir -p "$MOUNT_TUCK_BUILD/po"
	in_build mount-tuck.pot
	msgen "$MOUNT_TUCK_BUILD/mount-tuck.pot" | awk '
		/^$/ { is_header_over = 1 }
		/^msgid/ { is_translation = 0 }
		/^msgstr/ { is_translation = is_header_over }
		is_translation { quote = index($0, "\""); text = substr($0, quote); gsub(/ /, "·", text); $0 = substr($0, 1, quote - 1) text }
		{ sub(/charset=[A-Za-z0-9-]+/, "charset=UTF-8"); sub(/nplurals=INTEGER; plural=EXPRESSION/, "nplurals=2; plural=n != 1"); print }
	' >"$MOUNT_TUCK_BUILD/po/xx.po"
	in_build install-data-local languages=xx
	# A locale other than C, without that the system needs to have one.
	localedef --no-archive --quiet --force --inputfile=POSIX --charmap=UTF-8 /srv/xx_XX.utf8 || [ -d /srv/xx_XX.utf8 ]
	export LOCPATH=/srv
	export LC_ALL=xx_XX.UTF-8
}

@test "po/POTFILES.in lists every source file with a message, and no other" {
	cd "$MOUNT_TUCK_SRC"
	diff po/POTFILES.in <(grep -lE '(^|[^A-Za-z_])(_|N_|many_)\("' libmount/*.[ch] sys-utils/*/*.[ch] | LC_ALL=C sort)
}

@test "no message of the programs or the rules is out of a translator's reach" {
	cd "$MOUNT_TUCK_SRC"
	for file in libmount/*.c sys-utils/*/*.c; do
		found=$(tr -s '\n\t' '  ' <"$file" | sed -E 's/%[-+0-9.*$]*[a-z]+//g' |
			grep -oE '\b(warnx?\(|errx?\([A-Z_]+, ?|(finding_(detail|remedy)|operation_tell)\( ?[a-z]+, ?|found\([a-z]+, [^"]+, )"[^"]*[A-Za-z]{2}[^"]*"' || true)
		[ -z "$found" ] || { echo "$file: $found"; return 1; }
	done
}

@test "make mount-tuck.pot collects the messages of programs and library" {
	in_build mount-tuck.pot
	pot=$MOUNT_TUCK_BUILD/mount-tuck.pot
	[ "$(grep -c '^msgid ' "$pot")" -ge 400 ]
	grep -qx 'msgid "nothing is mounted there to go beneath"' "$pot"
	grep -qx 'msgid "attach beneath the top mount"' "$pot"
	grep -qx 'msgid "where it is mounted"' "$pot"
	grep -A 1 '^msgid_plural ' "$pot" | grep -q "can't see the mount namespaces of %zu processes"
	# What is formatted is checked as a format, or a translator's slip would be a crash.
	run awk 'BEGIN { RS = "" } /%[-0-9.*]*[a-z]/ && !/#, .*c-format/' "$pot"
	echo "$output"
	[ -z "$output" ]
}

@test "a translation is used: messages, remedies, --help, and what the library says" {
	install_translation
	run mount --tuck /tmp /srv
	[ "$status" -eq 32 ]
	[[ $output == "mount: /srv:·cannot·tuck·here·[target-mounted]:·nothing·is·mounted·there·to·go·beneath."* ]]
	[[ $output == *"Mount·the·first·one·in·the·ordinary·way: mount --bind /tmp /srv"* ]]
	run umount --reveal /srv
	[[ $output == "umount: /srv:·cannot·reveal·here·[target-mounted]:·"* ]]
	run umount
	[[ $output == "umount: bad·usage"*"Try·'umount·--help'·for·more·information."* ]]
	run mount --help
	[[ $output == *"--tuck[=strict|kernel]       attach·beneath·the·top·mount"* ]]
	run findmnt --help
	[[ $output == *"--tucked               mounts·with·another·one·beneath·them"* ]]
	run findmnt --task x
	[[ $output == 'findmnt: --task·takes·the·id·of·a·process·or·thread,·or·the·number·of·a·mount·namespace,·not·"x"' ]]
}

@test "what scripts read is not translated: rules' ids, verdicts, headings, columns, JSON, the list of mounts" {
	install_translation
	mount -t tmpfs old /opt
	mkdir /srv/new
	run mount --tuck --fake --verbose /srv/new /opt
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == "RULE "*" VERDICT "*" DETAIL" ]]
	[[ $output == *"target-mounted "*" ok"* ]]
	[[ $output == *"NS "*"TARGET "*"BENEATH"* ]]
	[ "$(findmnt -o TARGET,PROPAGATION /opt)" = "$(LC_ALL=C findmnt -o TARGET,PROPAGATION /opt)" ]
	[ "$(findmnt -J --propagation /opt)" = "$(LC_ALL=C findmnt -J --propagation /opt)" ]
	[ "$(mount)" = "$(LC_ALL=C mount)" ]
	[ "$(mount --version)" = "$(LC_ALL=C mount --version)" ]
}

@test "an installed translation is uninstalled" {
	install_translation
	file=$(locale_directory)/xx/LC_MESSAGES/mount-tuck.mo
	[ -s "$file" ]
	in_build uninstall-local languages=xx
	[ ! -e "$file" ]
}
