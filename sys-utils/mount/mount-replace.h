/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mount --replace: the one command of an update. What is mounted at the target decides: nothing: an
 * ordinary mount; the same: nothing is done; something else: a tuck with --reveal and --carry.
 */
#pragma once

#include <stdbool.h>

struct libmnt_context;
struct tuck_command;

/* Do what @context and @command describe, and print what there is to say. The context is as for
 * mount_tuck(). Returns mount(8)'s exit status. @is_ordinary: nothing has been done, because
 * libmount is to mount the context in the ordinary way. */
int mount_replace(
	struct libmnt_context *context, const struct tuck_command *command, bool *is_ordinary);
