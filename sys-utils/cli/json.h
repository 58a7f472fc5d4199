/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json: writes JSON, laid out as findmnt -J prints it. Names that others have chosen are escaped,
 * and bytes that are not UTF-8 are written as the characters of the same number.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *stream;
	int depth;
	bool has_members; /* the object or array that is open */
};

/* Open an object ('{') or an array ('['). @key: NULL in an array, and for the outermost. */
void json_open(struct json *json, const char *key, char bracket);
/* Close it: '}' or ']'. A newline follows the outermost. */
void json_close(struct json *json, char bracket);

/* A member of the object that is open. @value: NULL becomes null. */
void json_text(struct json *json, const char *key, const char *value);
/* 0 becomes null. */
void json_number(struct json *json, const char *key, int64_t value);
void json_whole_number(struct json *json, const char *key, int64_t value); /* 0 is 0 */
void json_bool(struct json *json, const char *key, bool value);
