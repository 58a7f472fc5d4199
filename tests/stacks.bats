#!/usr/bin/env bats
# Random stacks of mounts, on every kernel and with every libmount that bats files are run with: tests/stress/stacks.

load lib.bash

@test "after 1,000 random steps the programs have named and touched the visible mount alone" {
	"$MOUNT_TUCK_SRC/tests/stress/stacks" --builddir "$MOUNT_TUCK_BUILD"
}
