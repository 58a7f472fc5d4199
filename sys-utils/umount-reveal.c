/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * umount --reveal, which is still to come.
 */
#include <config.h>

#include <err.h>

#include "umount-reveal.h"

int umount_reveal(struct libmnt_context *context, const struct reveal_request *request)
{
	(void)context;
	warnx("%s: --reveal is not there yet; nothing was unmounted", request->target);
	return MNT_EX_USAGE;
}
