/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "findmnt/request.h"

bool want_names_one(const struct want *want)
{
	return want->operand || want->source || want->target || want->mountpoint;
}

bool want_has_criteria(const struct want *want)
{
	return want_names_one(want) || want->types || want->options || want->by_id ||
	       want->by_unique_id;
}

bool want_subtrees(const struct want *want)
{
	return want->submounts && want_has_criteria(want);
}
