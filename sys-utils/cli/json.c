/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/json.h"

#include <inttypes.h>
#include <stddef.h>

static void begin_member(struct json *json, const char *key)
{
	if (json->has_members)
		fputc(',', json->stream);
	if (json->depth > 0)
		fprintf(json->stream, "\n%*s", 3 * json->depth, "");
	if (key)
		fprintf(json->stream, "\"%s\": ", key);
	json->has_members = true;
}

void json_open(struct json *json, const char *key, char bracket)
{
	begin_member(json, key);
	fputc(bracket, json->stream);
	json->depth++;
	json->has_members = false;
}

void json_close(struct json *json, char bracket)
{
	json->depth--;
	if (json->has_members)
		fprintf(json->stream, "\n%*s", 3 * json->depth, "");
	fputc(bracket, json->stream);
	if (json->depth == 0)
		fputc('\n', json->stream);
	json->has_members = true;
}

/* The number of bytes of the character at @text, or 0 if it is not UTF-8. */
static size_t utf8_size(const unsigned char *text)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t lowest;
	} forms[] = {
		{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

	for (size_t size = 1; size <= 4; size++) {
		uint32_t character = (uint32_t)(text[0] & ~forms[size - 1].mask & 0xff);

		if ((text[0] & forms[size - 1].mask) != forms[size - 1].lead)
			continue;
		for (size_t i = 1; i < size; i++) {
			if ((text[i] & 0xc0) != 0x80)
				return 0;
			character = character << 6 | (text[i] & 0x3f);
		}
		return character >= forms[size - 1].lowest && character <= 0x10ffff &&
				       (character < 0xd800 || character > 0xdfff)
			       ? size
			       : 0;
	}
	return 0;
}

static void write_string(FILE *stream, const char *value)
{
	const unsigned char *at = (const unsigned char *)value;

	fputc('"', stream);
	while (*at) {
		size_t size = utf8_size(at);

		if (*at == '"' || *at == '\\')
			fprintf(stream, "\\%c", *at);
		else if (size == 0 || *at < 0x20 || *at == 0x7f)
			fprintf(stream, "\\u%04x", *at);
		else
			fwrite(at, 1, size, stream);
		at += size ? size : 1;
	}
	fputc('"', stream);
}

void json_text(struct json *json, const char *key, const char *value)
{
	begin_member(json, key);
	if (value)
		write_string(json->stream, value);
	else
		fputs("null", json->stream);
}

void json_whole_number(struct json *json, const char *key, int64_t value)
{
	begin_member(json, key);
	fprintf(json->stream, "%" PRId64, value);
}

void json_number(struct json *json, const char *key, int64_t value)
{
	if (value)
		json_whole_number(json, key, value);
	else
		json_text(json, key, NULL);
}

void json_bool(struct json *json, const char *key, bool value)
{
	begin_member(json, key);
	fputs(value ? "true" : "false", json->stream);
}
