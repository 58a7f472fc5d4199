/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The functions of the public API that hand out results. They change nothing. */
#include <errno.h>

#include "i18n.h"
#include "libmnttuck.h"
#include "operation.h"
#include "util.h"

const char *mnttuck_version(void)
{
	return PACKAGE_VERSION;
}

/* ---- why it was refused, and every rule ---- */

const struct mnttuck_refusal *mnttuck_get_refusal(const struct mnttuck *tuck)
{
	return tuck->report.is_refused ? &tuck->report.refusal : NULL;
}

const char *mnttuck_refusal_text(const struct mnttuck_refusal *refusal, enum mnttuck_text which)
{
	switch (which) {
	case MNTTUCK_RULE:
		return refusal->rule;
	case MNTTUCK_OBJECT:
		return refusal->object;
	case MNTTUCK_MESSAGE:
		return refusal->message;
	case MNTTUCK_REMEDY:
		return refusal->remedy;
	default:
		return NULL;
	}
}

int mnttuck_refusal_error(const struct mnttuck_refusal *refusal)
{
	return refusal->error;
}

const struct mnttuck_check *mnttuck_next_check(
	const struct mnttuck *tuck, const struct mnttuck_check *previous)
{
	size_t index = previous ? (size_t)(previous - tuck->report.checks) + 1 : 0;

	return index < tuck->report.count ? &tuck->report.checks[index] : NULL;
}

const char *mnttuck_check_text(const struct mnttuck_check *check, enum mnttuck_text which)
{
	switch (which) {
	case MNTTUCK_RULE:
		return check->rule;
	case MNTTUCK_REFUSES:
		return check->refuses;
	case MNTTUCK_DETAIL:
		return check->detail;
	default:
		return NULL;
	}
}

enum mnttuck_verdict mnttuck_check_verdict(const struct mnttuck_check *check)
{
	return check->verdict;
}

/* ---- places ---- */

const struct mnttuck_place *mnttuck_next_place(
	const struct mnttuck *tuck, const struct mnttuck_place *previous)
{
	size_t index = previous ? (size_t)(previous - tuck->places.list) + 1 : 0;

	return index < tuck->places.count ? &tuck->places.list[index] : NULL;
}

const char *mnttuck_place_text(const struct mnttuck_place *place, enum mnttuck_place_text which)
{
	return (size_t)which < ELEMENTS(place->texts) ? place->texts[which] : NULL;
}

int64_t mnttuck_place_number(const struct mnttuck_place *place, enum mnttuck_place_number which)
{
	return (size_t)which < ELEMENTS(place->numbers) ? place->numbers[which] : 0;
}

/* ---- what was done ---- */

int mnttuck_is_attached(const struct mnttuck *tuck)
{
	return tuck->progress.is_attached;
}

int mnttuck_is_revealed(const struct mnttuck *tuck)
{
	return tuck->progress.is_revealed;
}

enum mnttuck_way mnttuck_get_way(const struct mnttuck *tuck)
{
	if (!tuck->progress.is_attached)
		return MNTTUCK_NOT_ATTACHED;
	return tuck->progress.way == ATTACH_BY_PROPAGATION ? MNTTUCK_BY_PROPAGATION
							   : MNTTUCK_BY_FLAG;
}

const char *mnttuck_get_outcome(const struct mnttuck *tuck)
{
	if (!tuck->report.outcome && tuck->report.is_partial)
		return _("it was done in part");
	return tuck->report.outcome;
}

int mnttuck_get_outcome_error(const struct mnttuck *tuck)
{
	return tuck->report.outcome_error;
}

int mnttuck_get_mount_id(const struct mnttuck *tuck, enum mnttuck_mount which, uint64_t *unique_id,
	int *mountinfo_id)
{
	const struct mount_identity *identity =
		which == MNTTUCK_NEW_MOUNT ? &tuck->progress.attached : &tuck->wish.target.identity;
	KEEP_ERRNO;

	if (which != MNTTUCK_NEW_MOUNT && which != MNTTUCK_TOP_MOUNT)
		return -EINVAL;
	if (which == MNTTUCK_NEW_MOUNT ? !tuck->progress.is_attached : tuck->wish.target.fd < 0)
		return -ENOENT;
	if (unique_id)
		*unique_id = identity->unique_id;
	if (mountinfo_id)
		*mountinfo_id = which == MNTTUCK_NEW_MOUNT ? identity->short_id
							   : operand_short_id(&tuck->wish.target);
	return 0;
}

int mnttuck_get_mount_fd(const struct mnttuck *tuck)
{
	if (!tuck->progress.is_attached)
		return -ENOENT;
	if (tuck->progress.way == ATTACH_BY_PROPAGATION)
		return -EOPNOTSUPP;
	return tuck->source.fd;
}
