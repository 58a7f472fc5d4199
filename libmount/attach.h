/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attach: a file descriptor to its place beneath a top mount.
 *
 *      before          after
 *      P               P
 *      └─ T  at m      └─ S  at m
 *                         └─ T  at S's root
 *
 * The kernel acts on whatever has come to lie on top of the target meanwhile, so the caller
 * verifies where the source went.
 */
#pragma once

/* Attach @tree, detached or a mount to move, beneath the mount whose root @target is. */
int attach_beneath(int tree, int target);
