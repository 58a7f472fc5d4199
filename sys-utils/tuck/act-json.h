/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --json: rules, places and what came of them, as one JSON object on standard output. umount(8)
 * documents it. Its members keep their names and meanings; there may be more of them later.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cli/json.h"

struct mnttuck;

/* The object, as far as it is written. It is printed when all is done. */
struct act_json {
	struct json writer;
	char *text;
	size_t size;
	bool has_tables, is_elsewhere_open;
};

/* Ends the program without memory. */
void act_json_begin(struct act_json *json, const char *target);

/* Write the rules and places, which later calls of the library change. */
void act_json_tables(struct act_json *json, const struct mnttuck *tuck);

/* Write what mnttuck_replace_elsewhere() has done; once for each call of it, with no other members
 * between them. */
void act_json_elsewhere(struct act_json *json, const struct mnttuck *tuck);

/* Write who holds the old filesystem, as mnttuck_wait() has found it. */
void act_json_holders(struct act_json *json, const struct mnttuck *tuck);

/* Complete the object, print it, and free it. @status: the exit status. */
void act_json_end(struct act_json *json, const struct mnttuck *tuck, int status);

/* Print the object of a --replace that has replaced nothing, with the same members. @is_mounted: it
 * has mounted the first version. */
void act_json_nothing_replaced(const char *target, bool is_mounted, int status);
