#!/usr/bin/env bats
# Predictions compared with the kernel, on every kernel and with every libmount that bats files are run with: tests/model.

load lib.bash

@test "in 200 random layouts the kernel does what the library predicts" {
	run "$MOUNT_TUCK_BUILD/model" --cases 200
	echo "$output"
	[[ $status -eq 0 ]]
}
