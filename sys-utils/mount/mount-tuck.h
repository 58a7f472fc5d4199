/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mount --tuck: from the request to the library's calls and messages. */
#pragma once

struct libmnt_context;
struct tuck_command;
struct tuck_request;

/* Attach the mount that @context and @command describe beneath the top mount at its target, and
 * print what there is to say. mnt_context_set_target_ns() must not have been called on @context.
 * Returns mount(8)'s exit status. */
int mount_tuck(struct libmnt_context *context, const struct tuck_command *command);

/* The same for a request that has been read from them. */
int mount_tuck_request(struct libmnt_context *context, const struct tuck_request *request);
