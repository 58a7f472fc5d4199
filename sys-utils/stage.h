/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stage: anything that libmount can mount, as a detached tree.
 *
 * libmount prepares the mount in the ordinary way: permissions, options, tags, loop and verity devices, the
 * filesystem's type. Then there are two ways on:
 *
 *   directly      fsopen, fsconfig, fsmount: for a filesystem that the kernel mounts by itself, with options
 *                 that are the kernel's. No child, no copy of the namespace, whatever its size.
 *
 *   in a staging  for helpers (/sbin/mount.TYPE), X-mount.* and what else libmount does around the system
 *   namespace     call. A child copies the namespace, makes the copy private, lets libmount mount on the real
 *                 target there, clones what came of it, and unmounts it:
 *
 *        program ──fork── guard ──fork── worker ──exec── /sbin/mount.TYPE ── its daemon
 *                           │              │
 *                           │              └─ sends the tree's fd to the program
 *                           └─ if the program or the worker dies: kills what is left, so that no daemon stays
 *                              behind to hold the staging namespace. Helpers are its children (subreaper).
 *
 * Nobody else ever sees the mount before it is attached, and whatever dies takes the rest with it.
 */
#pragma once

#include <stdbool.h>

struct libmnt_context;

struct stage {
	int tree;	 /* the detached tree; -1: none */
	int status;	 /* mount(8)'s exit status */
	bool tried;	 /* the kernel or a helper was asked to mount */
	char *message;	 /* why there is no tree, in mount(8)'s words; may be empty after a helper, which spoke itself */
	char *kernel_log; /* what the kernel said about it, or NULL */
};

/* Mount what @context describes as a detached tree. @namespace: a descriptor of the mount namespace in which
 * a helper is to mount, or -1. 0: @stage->tree is there; else mount(8)'s exit status. */
int stage_mount(struct libmnt_context *context, int namespace, struct stage *stage);
void stage_clear(struct stage *stage);

/* While the work can still be given up: SIGINT, SIGTERM and SIGHUP end the program with status 8, after
 * everything that was begun has been taken back. From then on they are blocked. */
void stage_catch_interrupts(void);
void stage_block_interrupts(void);
