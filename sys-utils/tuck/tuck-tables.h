/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of --verbose on standard output, aligned by libsmartcols: rules and places. */
#pragma once

#include <stdbool.h>

struct mnttuck;
struct mnttuck_place;

/* Whether a place is a row of the plan. These come before all others. */
bool place_is_planned(const struct mnttuck_place *place);

/* How a place holds what was unmounted, in a word. */
const char *word_of_hold(const struct mnttuck_place *place);

/* Who holds what was unmounted, as mnttuck_wait() has found it. */
void print_holders(const struct mnttuck *tuck);

/* All rules with their verdicts. */
void print_checks(const struct mnttuck *tuck);

/* The places that mnttuck_plan() found, with the columns for @operations (MNTTUCK_TUCK ...). A
 * namespace that could not be read gives a message on standard error. */
void print_places(const struct mnttuck *tuck, unsigned int operations);
