# The flag and propagation give the same mounts in every layout of tests/tuck-layouts.bash; and which of the two is used.
load lib

export LIBMNTTUCK_ATTACH=propagation

# expected NAME: print that layout's part of tests/tuck-layouts.txt.
expected() {
	awk -v name="$1" '/^== / { on = $2 == name; next } on' "$MOUNT_TUCK_SRC/tests/tuck-layouts.txt"
}

# layout WAY NAME: run tests/tuck-layouts.bash for this layout, in a root of its own.
layout() {
	LIBMNTTUCK_ATTACH=$1 "$MOUNT_TUCK_BUILD/in-root" --pids "$MOUNT_TUCK_SRC/tests/tuck-layouts.bash" "$2" 3>&-
}

# same_mounts NAME...: check that each way that this kernel has gives the mounts of tests/tuck-layouts.txt.
same_mounts() {
	local name way ways=(propagation)
	! kernel-feature beneath || ways+=(flag)
	for name; do
		[[ -n $(expected "$name") ]]
		for way in "${ways[@]}"; do
			diff <(expected "$name") <(layout "$way" "$name" 2>&1) || { echo "$name, by $way"; return 1; }
		done
	done
}

@test "both ways give the same mounts under a shared, a private and a slave parent" {
	same_mounts shared private deep_private part_of_a_filesystem slave slave_and_shared
}

@test "both ways give the same mounts in slave, peer, private and outer services" {
	same_mounts services top_with_peers top_is_unbindable
}

@test "both ways give the same mounts for new filesystems, images and files" {
	needs_loop_devices
	same_mounts filesystem filesystem_for_services image file
}

@test "both ways give the same mounts for trees, and for moved ones" {
	same_mounts tree_to_private tree_to_shared move_to_private move_to_shared natural_propagation
}

@test "both ways give the same mounts in stacks on a shared parent" {
	same_mounts stack_of_four stack_with_neighbours stack_of_files
}

@test "both ways give the same mounts beside locked mounts of a user namespace" {
	same_mounts beside_locked_private beside_locked_unbindable beside_locked_slave beside_locked_shared
}

@test "both ways give the same mounts in a plain-directory chroot and in a user namespace" {
	same_mounts in_chroot_private in_chroot_shared in_user_namespace
}

@test "a kernel without the flag tucks by propagation unasked, and --verbose says so" {
	unset LIBMNTTUCK_ATTACH
	mount -t tmpfs one /opt
	run without-beneath mount --tuck --verbose /tmp /opt
	[ "$status" -eq 0 ]
	[[ $output =~ kernel-support\ +ok\ +by\ propagation ]]
	[ "$(stack /opt)" = $'/tmp\none' ]
}

@test "a kernel with the flag uses it, and --verbose says so" {
	unset LIBMNTTUCK_ATTACH
	needs_kernel_feature beneath
	mount -t tmpfs one /opt
	run mount --tuck --verbose /tmp /opt
	[[ $output =~ kernel-support\ +ok\ +by\ the\ flag\ MOVE_MOUNT_BENEATH ]]
}
