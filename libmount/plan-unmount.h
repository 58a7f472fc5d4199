/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * plan-unmount: plans the unmount of a top mount T, which lies on S at S's root, or of a mount that
 * others cover.
 *
 *	S        S' (receives from S)   S"                  S^
 *	└─ T x   └─ T' x                └─ T"               └─ T^ x
 *	                                   └─ C                └─ X -> on S^
 *	                                stays, for C would  X covers T^, and moves
 *	                                be lost             down to S^
 *
 * With T the kernel unmounts the mount at the same mount point of every mount that receives from S,
 * and does the same for each mount on T. Of these it takes the largest set in which no mount
 * contains a mount that stays. A mount that covers a mount that goes moves down.
 * (Documentation/filesystems/propagate_umount.txt, Linux 6.17.)
 *
 * Before 6.17 a mount X that covers C' on T' does not keep T'. X moves to the mount point of the
 * lowest mount that goes, here that of T', and covers everything there:
 *
 *	S'                     S'                S'
 *	└─ T'            since 6.17:       before: X -> on S'
 *	   └─ C'         └─ T'
 *	      └─ X          └─ X -> on T'
 */
#pragma once

#include "plan.h"

/* Unmount @top and everything that is mounted on it. The changes are @top's and those of the mounts
 * that go with it, or stay. A locked mount (a copy in a less privileged namespace) goes too: the
 * kernel unlocks the mounts that the unmount of @top reaches. -ENOMEM. */
int plan_unmount(struct plan *plan, struct mount *top);

/* The unmount of @mount, which others may cover, as it arrives by propagation
 * (detach-propagation.h): what covers it moves down, and it stays if anything else is mounted on
 * it. The first change is its own. -ENOMEM. */
int plan_unmount_beneath(struct plan *plan, struct mount *mount);
