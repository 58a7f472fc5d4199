/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmnttuck-wait.h - wait until what a reveal has unmounted is gone; a part of libmnttuck.h
 */
#ifndef LIBMNTTUCK_WAIT_H
#define LIBMNTTUCK_WAIT_H

#ifdef __cplusplus
extern "C" {
#endif

struct mnttuck;

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

#ifdef __cplusplus
}
#endif

#endif
