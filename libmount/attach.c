/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attach.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

static enum attach_way way_of_kernel(void)
{
	int r = kernel_has_beneath();

	if (r == 0)
		return kernel_has_mount_setattr() ? ATTACH_BY_PROPAGATION : ATTACH_IN_NO_WAY;
	return r == -ENOSYS ? ATTACH_IN_NO_WAY : ATTACH_BY_FLAG;
}

static bool uses_environment;

void attach_use_environment(void)
{
	uses_environment = true;
}

enum attach_way attach_choose(void)
{
	const char *wish = uses_environment ? secure_getenv("LIBMNTTUCK_ATTACH") : NULL;

	if (wish && strcmp(wish, "flag") == 0)
		return kernel_has_beneath() == 0 ? ATTACH_IN_NO_WAY : ATTACH_BY_FLAG;
	if (wish && strcmp(wish, "propagation") == 0)
		return ATTACH_BY_PROPAGATION;
	return way_of_kernel();
}

int attach_by_flag(int tree, int target)
{
	return kernel_move_mount(tree, target, MOVE_MOUNT_BENEATH);
}
