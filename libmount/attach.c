/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attach.h"

#include "kernel.h"

int attach_beneath(int tree, int target)
{
	return kernel_move_mount(tree, target, MOVE_MOUNT_BENEATH);
}
