/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * on-top: what is mounted at the target of a request already, for mount --replace: nothing, what
 * the request would mount, or something else.
 *
 * The mount on top is what the request would mount if it has the same device, image file or
 * directory, the same subdirectory of that, and the options of the request. An image file is the
 * same if the loop device has that file, whatever its name: a file that a rename has put in its
 * place is another one. What can't be compared counts as something else, since to replace it does
 * no harm.
 */
#pragma once

struct libmnt_context;
struct tuck_request;

enum on_top {
	ON_TOP_NOTHING,
	ON_TOP_OTHER,
	ON_TOP_SAME,
};

/* Look at the target of @request, in its namespace. */
enum on_top on_top_of_target(struct libmnt_context *context, const struct tuck_request *request);
