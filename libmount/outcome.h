/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * outcome: which mount lies where after a tuck, a reveal or an unmount beneath the top, found by
 * mount ids.
 *
 * The kernel acts on the mount that is on top by then. If somebody else mounted or unmounted at the
 * target in that moment, the result is another one than was meant; it is described in the report
 * (report_say()) and left as it is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct facts;
struct mount_identity;
struct places;
struct report;

/* By propagation the new mount is a copy that the kernel made: find it, the first mount between the
 * target's top mount and its old parent. -EAGAIN: there is none; -ENOENT: the top mount does not
 * lie above that parent any more. */
int outcome_find_copy(const struct facts *facts, struct mount_identity *ret);

/* 1: the mount is in the caller's namespace; 0: it is not; or the error of reading. */
int outcome_is_left(const struct mount_identity *identity);

/* After a tuck: the top mount must lie on the new mount, and that on the old parent. @fd: of the
 * new mount, if it was attached by the flag. 0; -EBUSY if not; or the error of reading. */
int outcome_of_tuck(struct facts *facts, int fd, struct report *report);

/* What is expected of a reveal, noted before it. */
struct expectations {
	char *path;	     /* of the target; NULL: not known */
	uint64_t beneath_id; /* the mount that is to show; 0: by short id only */
	int beneath_short_id;
	struct expected *list; /* the copies elsewhere */
	size_t count;
};

/* -ENOMEM, or as facts_effects(). */
int expectations_note(struct expectations *expectations, struct facts *facts);
int expectations_note_removal(struct expectations *expectations, struct facts *facts);
void expectations_clear(struct expectations *expectations);

/* After a reveal: 0; the number of places that stayed on the old version; -EBUSY if another mount
 * shows at the target, or another was unmounted; or the error of reading. Appends the places that
 * stayed to @places. */
int outcome_of_reveal(const struct facts *facts, const struct expectations *expectations,
	struct report *report, struct places *places);

/* The same after the unmount of what lies beneath the top mount, which ended with @error. The top
 * mount must lie on the base, and what was to go must be gone. */
int outcome_of_removal(const struct facts *facts, const struct expectations *expectations,
	int error, struct report *report, struct places *places);
