/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mount/mount-replace.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "cli/namespace-option.h"
#include "cli/print.h"
#include "cli/start.h"
#include "i18n.h"
#include "kernel.h"
#include "mount/mount-tuck.h"
#include "tuck/act-json.h"
#include "tuck/on-top.h"
#include "tuck/tuck-request.h"
#include "util.h"

/* Attach a clone of a path in this namespace on top of a directory or file in another one, which
 * libmount can't do. */
static int attach_clone_on_top(const struct tuck_request *request)
{
	const struct tuck_options *options = &request->options;
	_cleanup_close_ int tree = kernel_open_tree(AT_FDCWD, request->source,
		OPEN_TREE_CLONE | (request->how == MNTTUCK_RBIND ? (unsigned int)AT_RECURSIVE : 0));
	_cleanup_close_ int target = -1;
	int r = tree;

	if (namespace_enter(request->mntns, request->mntns_path) < 0)
		return MNT_EX_SYSERR;
	r = r < 0 ? r : kernel_set_attributes(tree, true, 0, 0, MS_PRIVATE);
	if (r == 0 && (options->tree.set || options->tree.clear))
		r = kernel_set_attributes(tree, true, options->tree.set, options->tree.clear, 0);
	if (r == 0 && (options->top.set || options->top.clear))
		r = kernel_set_attributes(tree, false, options->top.set, options->top.clear, 0);
	target = r < 0 ? r : kernel_open_path(AT_FDCWD, request->target);
	r = r < 0 ? r : target;
	if (r >= 0 && request->is_fake)
		return MNT_EX_SUCCESS;
	r = r < 0 ? r : kernel_move_mount(tree, target, 0);
	if (r == 0 && options->propagation)
		r = kernel_set_attributes(
			tree, options->is_propagation_recursive, 0, 0, options->propagation);
	if (r == 0)
		return MNT_EX_SUCCESS;
	warnx(_("%s: can't mount %s: %s"), request->target, request->source, strerror(-r));
	return MNT_EX_FAIL;
}

/* Whether mount(2) would look the source up in the target's namespace, which is not to be. */
static bool takes_wrong_source(struct libmnt_context *context, const struct tuck_request *request)
{
	unsigned long flags = 0;

	mnt_context_get_mflags(context, &flags);
	return request->source_from_caller && request->mntns >= 0 && flags & (MS_BIND | MS_MOVE);
}

/* Nothing is mounted at the target yet. @is_ordinary: libmount is to mount it. */
static int mount_first(
	struct libmnt_context *context, const struct tuck_request *request, bool *is_ordinary)
{
	/* --try: a new version must not be mounted untried. */
	if (request->try) {
		warnx(_("%s: nothing is mounted there to be replaced, and --try only tries what "
			"replaces something; mount the first version without it"),
			request->target);
		return MNT_EX_FAIL;
	}
	if (request->kind == SOURCE_PATH && request->source_from_caller && request->mntns >= 0 &&
		request->how != MNTTUCK_MOVE) {
		int status = attach_clone_on_top(request);

		if (request->is_json)
			act_json_nothing_replaced(request->target,
				status == MNT_EX_SUCCESS && !request->is_fake, status);
		return status;
	}
	if (takes_wrong_source(context, request)) {
		warnx(_("%s: nothing is mounted there to be replaced, and %s of the caller's mount "
			"namespace can't be mounted there first by --move, nor with X-mount "
			"options"),
			request->target, request->source);
		return MNT_EX_FAIL;
	}
	*is_ordinary = true;
	return MNT_EX_SUCCESS;
}

static int tell_same(const struct tuck_request *request)
{
	if (request->is_json)
		act_json_nothing_replaced(request->target, /* is_mounted= */ false, MNT_EX_SUCCESS);
	else if (request->is_verbose)
		print_line(stdout, _("%s: %s is on top at %s already; nothing is done.\n"),
			program_invocation_short_name, request->source ?: "none", request->target);
	return MNT_EX_SUCCESS;
}

static int replace(
	struct libmnt_context *context, const struct tuck_request *request, bool *is_ordinary)
{
	switch (on_top_of_target(context, request)) {
	case ON_TOP_NOTHING:
		return mount_first(context, request, is_ordinary);
	case ON_TOP_SAME:
		return tell_same(request);
	default:
		return mount_tuck_request(context, request);
	}
}

int mount_replace(
	struct libmnt_context *context, const struct tuck_command *command, bool *is_ordinary)
{
	struct tuck_request request;
	int status;

	*is_ordinary = false;
	status = tuck_request_read(&request, context, command);
	if (status == 0 && !request.is_excused)
		status = replace(context, &request, is_ordinary);
	tuck_request_clear(&request);
	return status;
}
