/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stage: anything that libmount can mount, as a detached tree.
 *
 * libmount prepares the mount in the ordinary way: permissions, options, tags, loop and verity
 * devices, the filesystem's type. Then there are two ways on:
 *
 *   directly      fsopen, fsconfig, fsmount: for a filesystem that the kernel mounts by itself,
 *                 with options that are the kernel's. No child, no copy of the namespace, whatever
 *                 its size.
 *
 *   in a staging  for helpers (/sbin/mount.TYPE), X-mount.* and what else libmount does around the
 *   namespace     system call. A child copies the namespace, cuts the copy off, lets libmount mount
 *                 on the real target there, clones what came of it, and unmounts it:
 *
 *        program ──fork── guard ──fork── worker ──exec── /sbin/mount.TYPE ── its daemon
 *                           │              │
 *                           │              └─ sends the tree's fd to the program
 *                           └─ if the program or the worker dies: kills what is left, so that no
 *                              daemon stays behind to hold the staging namespace. Helpers are its
 *                              children (subreaper).
 *
 * Nobody else ever sees the mount before it is attached, and whatever dies takes the rest with it.
 */
#pragma once

#include <stdbool.h>

struct libmnt_context;

struct stage {
	int tree;	     /* the detached tree; -1: none */
	int status;	     /* mount(8)'s exit status */
	int error;	     /* of the system call that failed, negative; 0: none did */
	bool has_helper;     /* /sbin/mount.TYPE is to mount it, or did */
	bool is_direct;	     /* the first of the two ways */
	bool is_childless;   /* never the second, though the first fails */
	bool needs_libmount; /* never the first: the options ask for more than the kernel's flags */
	char *message; /* why there is no tree, in mount(8)'s words; empty if a helper spoke. With a
			* tree: a warning, or empty */
	char *kernel_log; /* what the kernel said about it, or NULL */
};

/* Let libmount prepare @context: afterwards it knows its source and its type. No path of the target
 * is looked at or made. Returns 0 or mount(8)'s exit status. */
int stage_prepare(struct libmnt_context *context, struct stage *stage);

/* The same for a @context that libmount has prepared already: which of the two ways it is to be. */
void stage_take(struct libmnt_context *context, struct stage *stage);

/* Where the target is in another namespace: a directory of this one, which the source is not below;
 * NULL if there is none. */
const char *stage_stand_in(struct libmnt_context *context);

/* Mount what was prepared, as a detached tree in @stage->tree. @target: the target's canonical path
 * in this namespace, or what stands in for it; NULL for what is mounted directly. Returns 0 or
 * mount(8)'s exit status. */
int stage_mount(struct libmnt_context *context, const char *target, struct stage *stage);

void stage_clear(struct stage *stage);
