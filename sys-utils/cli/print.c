/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that users and containers have chosen.
 */
#include <config.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/print.h"

/* The length of the character at @text if it is well-formed UTF-8 of several bytes; else 1. */
static size_t character_length(const unsigned char *text, size_t length)
{
	size_t wanted = *text >= 0xf0 ? 4 : *text >= 0xe0 ? 3 : 2;

	if (*text < 0xc2 || *text > 0xf4 || wanted > length)
		return 1;
	for (size_t i = 1; i < wanted; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 1;
	/* Longer than needed. */
	if ((*text == 0xe0 && text[1] < 0xa0) || (*text == 0xf0 && text[1] < 0x90))
		return 1;
	return wanted;
}

/* Whether the first character of @text is a control character: of ASCII, U+0080 to U+009F, or a
 * byte that is one in the 8-bit character sets. @size: its length. */
static bool is_control(const char *text, size_t length, size_t *size)
{
	const unsigned char *bytes = (const unsigned char *)text;

	*size = character_length(bytes, length);
	if (*size == 1)
		return bytes[0] < 0x20 || (bytes[0] >= 0x7f && bytes[0] < 0xa0);
	return *size == 2 && bytes[0] == 0xc2 && bytes[1] < 0xa0;
}

void print_bytes(FILE *stream, const char *text, size_t length)
{
	/* Standard error has no buffer: each fwrite() is one system call. So characters that need
	 * no change are written together. */
	while (length > 0) {
		size_t same = 0, size = 0;

		while (same < length && !is_control(text + same, length - same, &size))
			same += size;
		fwrite(text, 1, same, stream);
		if (same < length) {
			fputc('?', stream);
			same += size;
		}
		text += same;
		length -= same;
	}
}

void print_text(FILE *stream, const char *text)
{
	print_bytes(stream, text, strlen(text));
}

void print_with_tabs(FILE *stream, const char *text)
{
	for (size_t length; *text; text += length) {
		length = strcspn(text, "\t");
		print_bytes(stream, text, length);
		if (text[length]) {
			fputc('\t', stream);
			length++;
		}
	}
}

char *format_text(char room[PRINT_ROOM], char **memory, const char *format, va_list arguments)
{
	va_list again;

	va_copy(again, arguments);
	if (vasprintf(memory, format, arguments) < 0) {
		*memory = NULL;
		vsnprintf(room, PRINT_ROOM, format, again);
	}
	va_end(again);
	return *memory ?: room;
}

void vprint_line(FILE *stream, const char *format, va_list arguments)
{
	char room[PRINT_ROOM] = "", *memory, *line = format_text(room, &memory, format, arguments);
	size_t length = strlen(line);

	if (length > 0 && line[length - 1] == '\n')
		line[length - 1] = '\0';
	print_with_tabs(stream, line);
	fputc('\n', stream);
	free(memory);
}

void print_line(FILE *stream, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vprint_line(stream, format, arguments);
	va_end(arguments);
}

void print_padded(FILE *stream, const char *text, size_t width)
{
	size_t length = strlen(text);

	print_bytes(stream, text, length);
	fprintf(stream, "%*s", length < width ? (int)(width - length) : 0, "");
}

char *printable_text(const char *text)
{
	size_t length = strlen(text), used = 0, size;
	char *copy = malloc(length + 1);

	for (; copy && length > 0; text += size, length -= size) {
		if (is_control(text, length, &size)) {
			copy[used++] = '?';
			continue;
		}
		memcpy(copy + used, text, size);
		used += size;
	}
	if (copy)
		copy[used] = '\0';
	return copy;
}
