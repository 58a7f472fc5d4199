/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmnttuck-wait.h - what is done before a tuck and after a reveal: mounts are given their peer
 * groups, the new version is tried, and the old one's end is waited for; a part of libmnttuck.h
 */
#ifndef LIBMNTTUCK_WAIT_H
#define LIBMNTTUCK_WAIT_H

#ifdef __cplusplus
extern "C" {
#endif

struct mnttuck;

/**
 * mnttuck_trial - a function that tries the new mount
 * @data: what was given to mnttuck_try()
 * @tree: the detached tree that would be attached; it stays the library's
 * @clone: -1. The function may attach @tree in a mount namespace that it has made for that. Then it
 *	has to clone @tree right away, by open_tree(2) with OPEN_TREE_CLONE and AT_RECURSIVE, and to
 *	put the clone's descriptor here. The library takes the clone over, and attaches it later if
 *	the source is a tree that the caller made.
 *
 * Returns 0, or a negative value.
 */
typedef int (*mnttuck_trial)(void *data, int tree, int *clone);

/**
 * mnttuck_try - have the new mount tried before it is attached
 * @trial: called in the thread of the call, once, if the rules allow the operation. The tree that
 *	@trial gets is made as for mnttuck_attach(); for a mount that is to be moved it is a clone.
 * @data: handed to @trial
 *
 * To be called before mnttuck_attach(), which checks everything again. Attaches nothing.
 *
 * Returns 0, the negative value of @trial, -ENOMEM, the error of a refusal as in mnttuck_check(),
 * or that of open_tree(2) or mount_setattr(2); -EINVAL: there is no target or no source; -EALREADY:
 * the source was attached before.
 */
int mnttuck_try(struct mnttuck *tuck, mnttuck_trial trial, void *data);

/* How something is held that was unmounted. For the first the place is a mount; for the next four
 * it has a process and, in MNTTUCK_TARGET, the file's path below the mount. */
enum mnttuck_hold {
	MNTTUCK_HOLDS_MOUNT,	 /* it is still mounted there */
	MNTTUCK_HOLDS_FILE,	 /* an open file */
	MNTTUCK_HOLDS_DIRECTORY, /* an open directory, or a working or root directory */
	MNTTUCK_HOLDS_PROGRAM,	 /* the program that the process runs */
	MNTTUCK_HOLDS_MAP,	 /* a file that is mapped into memory, such as a library */
	MNTTUCK_HOLDS_DEVICE,	 /* nothing holds it, but the loop device TARGET is not free yet */
	MNTTUCK_HOLDS_UNSEEN,	 /* the kernel, or a process that may not be looked at */
};

/**
 * mnttuck_prepare_wait - note what mnttuck_wait() has to know of the top mount
 *
 * To be called after mnttuck_set_target() and before mnttuck_reveal(). Changes nothing.
 *
 * Returns 0, -ENOMEM, -EINVAL: there is no target, or it was revealed; or the error of opening the
 * target or of reading mounts.
 */
int mnttuck_prepare_wait(struct mnttuck *tuck);

/**
 * mnttuck_wait - wait until the filesystem that a reveal has unmounted is gone
 * @milliseconds: how long at most; -1: for ever
 *
 * It is gone when it is mounted nowhere, nobody holds it, and its loop device is free, if the
 * kernel frees that. If the filesystem is also mounted from further up, as after a bind mount of
 * one of its directories, it does not go; then this waits until what was unmounted is not held or
 * mounted any more. The caller's own process does not count as a holder. The descriptor of the
 * target is closed, because it holds the mount.
 *
 * Returns 0: it is gone. 1: it is not, and mnttuck_next_place() lists who holds it: places of the
 * kind MNTTUCK_HOLDS. -ENOMEM; -EINVAL without mnttuck_prepare_wait() and mnttuck_reveal(); or the
 * error of reading mounts or /proc.
 */
int mnttuck_wait(struct mnttuck *tuck, int milliseconds);

/**
 * mnttuck_set_group - put a mount into the peer group of another one
 * @from: a descriptor of the other mount's root; it may be in another mount namespace
 * @to: a descriptor of the mount's root, in the caller's mount namespace
 *
 * The mount leaves its own peer group and master, and gets those of the other mount: it becomes its
 * peer, or a slave of the same group, or both (MOVE_MOUNT_SET_GROUP, Linux 5.15). Both are mounts
 * of one filesystem, and the root of @from's mount is that of @to's or above it. Whether the kernel
 * would refuse is found out with a clone, before anything changes.
 *
 * Returns 0; negative, and nothing has changed: -EINVAL: one is no mount's root, @from's mount is
 * private, or they are not as above; -ENOSYS: the kernel is older; -EPERM; or the error of making a
 * copy of the mount namespace. -EBUSY: @from's mount has changed meanwhile; @to's is private now.
 */
int mnttuck_set_group(int from, int to);

#ifdef __cplusplus
}
#endif

#endif
