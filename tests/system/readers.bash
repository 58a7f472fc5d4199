# Sourced by jobs in which a version is replaced while seven services read a file of it: start_readers FILE, end_readers
# HEADING, then sum_of WORD and saw_versions_only.
names=(host private slave strict tmp dynamic hardened)

start_readers() {
	reader host "$1"
	reader private "$1" PrivateMounts=yes
	reader slave "$1" MountFlags=slave
	reader strict "$1" ProtectSystem=strict
	reader tmp "$1" PrivateTmp=yes
	reader dynamic "$1" DynamicUser=yes
	# Without ProtectKernelModules=, which hides a directory of /usr.
	reader hardened "$1" DynamicUser=yes PrivateUsers=yes ProtectSystem=strict ProtectHome=yes PrivateDevices=yes \
		PrivateTmp=yes ProtectKernelTunables=yes ProtectControlGroups=yes NoNewPrivileges=yes
}

# end_readers HEADING: what each has counted is told, and is in a file of its name in $results.
end_readers() {
	local name
	for name in "${names[@]}"; do
		end "$name"
		fact "$1, $name: $(cat "$results/$name")"
	done
}

# sum_of WORD: how often all of them together read WORD.
sum_of() {
	local name sum=0
	for name in "${names[@]}"; do sum=$((sum + $(counted "$name" "$1"))); done
	echo "$sum"
}

# saw_versions_only: never the base, never a failure, and versions 2 and 3 more often than by chance.
saw_versions_only() {
	local name
	for name in "${names[@]}"; do
		if grep -E 'base|failed|empty' "$results/$name" || (($(counted "$name" v2) < 10 || $(counted "$name" v3) < 10)); then
			echo "$name: $(cat "$results/$name")"
			return 1
		fi
	done
}
