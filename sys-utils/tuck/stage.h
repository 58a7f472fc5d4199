/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stage: anything that libmount can mount, as a detached tree.
 *
 * libmount prepares the mount in the ordinary way: permissions, options, tags, loop and verity
 * devices, the filesystem's type. Then there are three ways on:
 *
 *   directly    fsopen, fsconfig, fsmount: stage-direct. For a filesystem that the kernel mounts by
 *               itself, if all options are the kernel's. This needs no child and no copy of the
 *               namespace, so its time does not depend on the number of mounts.
 *
 *   by a        The same for FUSE, with the server as a child: stage-fuse. The server lives in the
 *   server      caller's namespace. If it does not take part, the third way is taken.
 *
 *   in a        For helpers (/sbin/mount.TYPE), for X-mount.*, and for all else that libmount does
 *   namespace   around the system call: stage-helper. A child copies the mount namespace, lets
 *               libmount mount on the target's path there, clones the new mount, and unmounts it.
 *
 * Nobody else sees the mount before it is attached. If one of the processes dies, nothing remains.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct libmnt_context;
struct tuck_options;

struct stage {
	int tree;	 /* the detached tree; -1: none */
	int copy, place; /* where a helper's server lives, as in stage-child.h; -1: nowhere */
	int status;	 /* mount(8)'s exit status */
	int error;	 /* of the system call that failed, negative; 0: none failed */
	bool is_prepared;
	bool has_helper;	 /* /sbin/mount.TYPE is to mount it, or did */
	bool has_device;	 /* the source is a block device; for an image, the loop device */
	bool is_direct;		 /* the first of the ways */
	bool is_fuse;		 /* try the second way first */
	bool is_childless;	 /* never another way, even if the first fails */
	size_t lines_before;	 /* how many lines utab had for the target before a helper ran */
	char *subdirectory;	 /* what is to be mounted of the filesystem; NULL: all of it */
	bool lacks_subdirectory; /* why there is no tree */
	char *message; /* why there is no tree, as mount(8) says it; empty if a helper has printed a
			* message. With a tree: a warning, or empty */
	char *kernel_log; /* the kernel's message about the failure, or NULL */
};

/* Whether libmount would run a mount.TYPE for the context's type. Also true if memory is short. */
bool has_mount_helper(struct libmnt_context *context);

/* Remove X-mount.subdir from the options of @context, which libmount has not prepared, and return
 * its value, or NULL if there is none. libmount would follow a link in the filesystem to a
 * directory of this machine. */
char *stage_take_subdirectory(struct libmnt_context *context);

/* Let libmount prepare @context: afterwards it has its source and its type. The target is neither
 * looked up nor made. Returns 0 or mount(8)'s exit status. */
int stage_prepare(
	struct libmnt_context *context, const struct tuck_options *options, struct stage *stage);

/* Choose the way for a @context that libmount has already prepared. */
void stage_choose(
	struct libmnt_context *context, const struct tuck_options *options, struct stage *stage);

/* A directory of this namespace to mount on, for a target in another namespace. The source is not
 * below it. NULL: none was found. */
const char *stage_stand_in(struct libmnt_context *context);

/* Mount @context, as a detached tree in @stage->tree, after stage_prepare() if that has not been
 * called. @target: the target's canonical path in this namespace, or the directory that stands in
 * for it; NULL if is_childless. Returns 0 or mount(8)'s exit status. */
int stage_mount(struct libmnt_context *context, const struct tuck_options *options,
	const char *target, struct stage *stage);

/* Initializers of a stage in which nothing has been done. */
#define STAGE_NOTHING .tree = -1, .copy = -1, .place = -1

/* Replace @stage's tree, which libmount has not attached, by its subdirectory. That is done in a
 * staging namespace, with the tree on @target: kernels before 6.15 clone no part of a detached
 * tree. Returns 0 or mount(8)'s exit status. */
int stage_cut(struct stage *stage, const char *target);

/* The tree has been attached, and what was to follow has been done. */
void stage_finish(const struct stage *stage);

void stage_clear(struct stage *stage);
