/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which changes --poll prints.
 *
 * The mount has to match as it is after the change, or before an unmount. An operand may be a
 * source or a mount point; here, both are looked for at once. With --target, mounts at that path
 * and at the directories above are asked for. With -R, a mount on or below a mount that matches is
 * asked for, too.
 */
#pragma once

#include <stdbool.h>

struct change;
struct from;
struct known;
struct want;

/* The canonical path of --target; NULL: there is no --target. The caller frees it. */
char *poll_target(const struct want *want);

/* @target: of poll_target(). */
bool poll_wants(const struct from *from, const struct want *want, const char *target,
	const struct known *known, const struct change *change);
