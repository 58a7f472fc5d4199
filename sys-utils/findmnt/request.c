/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "findmnt/request.h"

bool want_names_one(const struct want *want)
{
	return want->operand || want->source || want->target || want->mountpoint;
}

bool want_is_of_place(const struct want *want)
{
	return want->operand || want->target || want->mountpoint;
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

bool look_is_screen(const struct look *look)
{
	return look->form == FORM_TABLE && !look->list;
}
