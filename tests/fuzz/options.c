/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-options: option strings, and the lines of utab. For libFuzzer; tests/fuzz/run builds and
 * runs it. An input is lines of text, of which the first are options, the others utab's.
 *
 * What is asked of mount_setattr(2) is something that it takes, and asking twice asks for the same;
 * what is noted of options is noted of that; taking propagation out of options leaves the others as
 * they were; a change of one path's lines leaves those of others as and where they were.
 */
#include <libmount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "cli/option-string.h"
#include "fuzz.h"
#include "tuck/tuck-options.h"
/* For their static functions. */
#include "tuck/tuck-request.c"
#include "utab/utab-order.c"
#include "utab/utab.c"

/* ---- options ---- */

static void must_be_taken(struct attribute_change change)
{
	uint64_t atime = change.set & MOUNT_ATTR__ATIME;

	must((change.clear & MOUNT_ATTR__ATIME) == 0 ||
		(change.clear & MOUNT_ATTR__ATIME) == MOUNT_ATTR__ATIME);
	must(!atime || change.clear & MOUNT_ATTR__ATIME);
	must(atime == 0 || atime == MOUNT_ATTR_NOATIME || atime == MOUNT_ATTR_STRICTATIME);
	must((change.set & change.clear & ~(uint64_t)MOUNT_ATTR__ATIME) == 0);
}

static void try_read(const char *text)
{
	struct tuck_options once, twice, noted;
	_cleanup_free_ char *doubled = NULL;

	must(tuck_options_read(&once, text) == 0);
	must_be_taken(once.top);
	must_be_taken(once.tree);
	if (once.noted) {
		must(tuck_options_read(&noted, once.noted) == 0 && noted.noted);
		must(strcmp(once.noted, noted.noted) == 0);
		tuck_options_clear(&noted);
	}
	/* What is quoted may not end, or not be an option. */
	if (!strchr(text, '"')) {
		must(asprintf(&doubled, "%s,%s", text, text) > 0);
		must(tuck_options_read(&twice, doubled) == 0);
		must(once.kinds == twice.kinds && once.propagation == twice.propagation);
		must(memcmp(&once.top, &twice.top, sizeof(once.top)) == 0);
		must(memcmp(&once.tree, &twice.tree, sizeof(once.tree)) == 0);
		tuck_options_clear(&twice);
	}
	tuck_options_clear(&once);
}

/* The options but those of propagation, in order. */
static char *others(const char *options)
{
	struct option_in_string option;
	char *kept = strdup("");

	must(kept);
	while (next_option(&options, &option)) {
		struct tuck_options one = {0};
		_cleanup_free_ char *name = strndup(option.name, option.name_size);
		bool is_propagation;
		char *longer;

		must(name && tuck_options_read(&one, name) == 0);
		is_propagation = one.propagation;
		tuck_options_clear(&one);
		if (is_propagation)
			continue;
		must(asprintf(&longer, "%s,%.*s=%.*s", kept, (int)option.name_size, option.name,
			     (int)option.value_size, option.value ?: "") > 0);
		free(kept);
		kept = longer;
	}
	return kept;
}

static void try_request(const char *options)
{
	struct libmnt_context *context = mnt_new_context();
	struct tuck_request request = {.mntns = -1};
	unsigned long flags = 0;

	must(context != NULL);
	if (mnt_context_set_options(context, options) == 0) {
		_cleanup_free_ char *before = others(mnt_context_get_options(context) ?: "");

		if (read_options(&request, context, options, /* was_complete= */ true) == 0) {
			_cleanup_free_ char *after = NULL;

			clear_propagation(context);
			after = others(mnt_context_get_options(context) ?: "");
			must(strcmp(before, after) == 0);
			mnt_context_get_mflags(context, &flags);
			must((flags & MS_PROPAGATION) == 0);
			must((request.options.propagation & (request.options.propagation - 1)) ==
				0);
		}
		tuck_request_clear(&request);
	}
	mnt_free_context(context);
}

/* ---- utab ---- */

static void copy_lines(const struct lines *from, struct lines *to)
{
	to->list = calloc(from->count + 1, sizeof(*to->list));
	must(to->list != NULL);
	for (to->count = 0; to->count < from->count; to->count++)
		must((to->list[to->count] = strdup(from->list[to->count])) != NULL);
}

/* The lines that are not of @target, in order, and how many are. */
static char *foreign(const struct lines *lines, const char *target, size_t *own)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	must(stream != NULL);
	*own = 0;
	for (size_t i = 0; i < lines->count; i++)
		if (line_is_of(lines->list[i], target))
			(*own)++;
		else
			fputs(lines->list[i], stream);
	must(fclose(stream) == 0);
	return text;
}

static void try_change(const struct lines *lines, const struct place *place,
	int (*change)(struct lines *, const void *), size_t least, size_t most)
{
	_cleanup_(lines_free) struct lines changed = {0};
	_cleanup_free_ char *before = NULL, *after = NULL;
	size_t own_before, own_after;

	copy_lines(lines, &changed);
	before = foreign(lines, place->target, &own_before);
	must(change(&changed, place) >= 0);
	after = foreign(&changed, place->target, &own_after);
	must(strcmp(before, after) == 0);
	must(own_after >= (own_before < least ? own_before : least) &&
		own_after <= own_before + most);
}

/* As settle() does, with two mounts at the path that are not looked for. */
static int settle_two(struct lines *lines, const void *argument)
{
	static char mounts[] = "10 1 0:1 / /opt rw - tmpfs new rw\n"
			       "11 10 0:2 / /opt rw - fuse.x top rw\n";
	_cleanup_fclose_ FILE *text = fmemopen(mounts, strlen(mounts), "r");
	_cleanup_(free_stack) struct stack stack = {.table = mnt_new_table()};
	_cleanup_(lines_free) struct lines own = {0};
	const struct place *place = argument;

	must(lines_take(lines, place->target, &own) == 0);
	must(text && mnt_table_parse_stream(stack.table, text, "/mountinfo") == 0);
	stack.levels = calloc(2, sizeof(*stack.levels));
	must(stack.levels != NULL);
	for (int id = 10; id < 12; id++)
		stack.levels[stack.count++].mount = table_find_id(stack.table, id);
	must(hand_out(&own, &stack, place->count, place->mount_id) == 0);
	must(put_in_order(&own, &stack) == 0);
	return lines_append(lines, &own);
}

static void try_move(const struct lines *lines)
{
	const struct place place = {.target = "/new\\040place", .source = "/opt"};
	_cleanup_(lines_free) struct lines moved = {0};
	size_t own_before, own_after;

	copy_lines(lines, &moved);
	free(foreign(lines, "/opt", &own_before));
	must(move_target(&moved, &place) >= 0);
	free(foreign(&moved, "/opt", &own_after));
	must(moved.count == lines->count);
	must(own_after == (own_before ? own_before - 1 : 0));
}

static void try_utab(const char *text)
{
	_cleanup_fclose_ FILE *file = fmemopen((char *)text, strlen(text), "r");
	_cleanup_(lines_free) struct lines lines = {0};
	struct place place = {.target = "/opt", .mount_id = 10};

	if (!file || lines_read(file, &lines) != 0)
		return;
	for (place.count = 0; place.count < 3; place.count++) {
		try_change(&lines, &place, withdraw, place.count, 0);
		try_change(&lines, &place, settle_two, SIZE_MAX, 2);
	}
	try_move(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size);
	char *line = text, *end;

	must(text != NULL);
	for (int i = 0; i < 2 && line && (end = strchr(line, '\n')); i++, line = end + 1) {
		*end = '\0';
		try_read(line);
		try_request(line);
	}
	if (*line)
		try_utab(line);
	return 0;
}
