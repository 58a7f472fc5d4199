/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libmnttuck-beneath.h - what lies beneath a top mount is taken away; a part of libmnttuck.h */
#ifndef LIBMNTTUCK_BENEATH_H
#define LIBMNTTUCK_BENEATH_H

#ifdef __cplusplus
extern "C" {
#endif

struct mnttuck;

/**
 * mnttuck_remove_beneath - check, and unmount what lies beneath the top mount at the target
 *
 * For MNTTUCK_REMOVE_BENEATH and MNTTUCK_REMOVE_ALL. The top mount stays and is visible all the
 * time. The unmount is lazy, arrives by propagation (mount_tuck(7)), and travels to every namespace
 * that receives there. Several mounts go one after the other, the lowest first. Verified by ids.
 *
 * Returns 0. 1: mounts are gone, but not all is as it was meant: mnttuck_get_outcome() says what;
 * the outcome's error is 0 if copies stay elsewhere, listed by mnttuck_next_place(). Negative, and
 * nothing has changed: as mnttuck_reveal().
 */
int mnttuck_remove_beneath(struct mnttuck *tuck);

#ifdef __cplusplus
}
#endif

#endif
