/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "findmnt/poll-match.h"

#include <err.h>
#include <libmount.h>
#include <stdlib.h>
#include <string.h>

#include "findmnt/match.h"
#include "findmnt/poll-compare.h"
#include "findmnt/request.h"
#include "path.h"
#include "snapshot.h"
#include "util.h"

/* What is asked of each change. The cache is made anew for each, because a device or a link may be
 * another one by then, and because libmount searches a large cache slowly. */
struct question {
	const struct want *want; /* with that cache */
	struct matcher as_source, as_path;
	const char *target; /* of --target, or NULL */
	const struct known *known;
};

char *poll_target(const struct want *want)
{
	char *target;

	if (!want->target)
		return NULL;
	target = path_canonical(want->target) ?: strdup(want->target);
	if (!target)
		err(EXIT_FAILURE, NULL);
	return target;
}

static bool has_conditions(const struct want *want)
{
	return want_has_criteria(want) || want->invert || want->only_real || want->only_pseudo ||
	       want->only_shadowed || want->only_df;
}

/* @mount: the same mount, without what @fs tells. */
static bool meets(const struct question *question, struct libmnt_fs *fs, const struct mount *mount)
{
	bool as_source, as_path;

	/* A mount that was gone before it could be read meets no condition. */
	if (!fs)
		return false;
	as_source = matcher_matches(&question->as_source, fs, mount);
	if (question->target && !path_below(question->target, mnt_fs_get_target(fs) ?: ""))
		return question->want->invert;
	if (!question->want->operand)
		return as_source;
	as_path = matcher_matches(&question->as_path, fs, mount);
	return question->want->invert ? as_source && as_path : as_source || as_path;
}

/* Whether a mount above @entry is asked for. */
static bool is_below(const struct question *question, const struct known_mount *entry)
{
	const char *path = question->as_path.path ?: question->target;
	/* A table that somebody has written may have a circle of mounts. */
	size_t steps = question->known->count;

	if (path && entry->mount.target && path_below(entry->mount.target, path))
		return true;
	for (; entry && entry->mount.short_parent_id && steps > 0; steps--) {
		entry = known_find_short(question->known, entry->mount.short_parent_id);
		if (entry && meets(question, entry->mount.fs, &entry->mount))
			return true;
	}
	return false;
}

static bool wants(const struct question *question, const struct change *change)
{
	const struct known_mount *entry = change->entry;

	if (meets(question, change->after ?: change->before, &entry->mount))
		return true;
	return question->want->submounts && is_below(question, entry);
}

bool poll_wants(const struct from *from, const struct want *want, const char *target,
	const struct known *known, const struct change *change)
{
	struct want fresh = *want;
	struct question question = {.want = &fresh, .known = known, .target = target};
	bool is_wanted;

	if (!has_conditions(want))
		return true;
	fresh.target = NULL;
	if (!want->nocanonicalize) {
		fresh.cache = mnt_new_cache();
		if (!fresh.cache)
			err(EXIT_FAILURE, NULL);
	}
	question.as_source = question.as_path = matcher_of(from, &fresh);
	if (want->operand) {
		question.as_path.path = want->operand;
		question.as_path.source = NULL;
	}
	is_wanted = wants(&question, change);
	if (!want->nocanonicalize)
		mnt_unref_cache(fresh.cache);
	return is_wanted;
}
