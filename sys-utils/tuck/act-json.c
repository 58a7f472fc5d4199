/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuck/act-json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/start.h"
#include "libmnttuck.h"
#include "tuck/tuck-tables.h"
#include "util.h"

void act_json_begin(struct act_json *json, const char *target)
{
	*json = (struct act_json){0};
	json->writer.stream = open_memstream(&json->text, &json->size);
	if (!json->writer.stream)
		out_of_memory();
	json_open(&json->writer, NULL, '{');
	json_text(&json->writer, "target", target);
}

static void write_rule(struct json *json, const struct mnttuck_check *check)
{
	static const char *const verdicts[] = {
		[MNTTUCK_OK] = "ok",
		[MNTTUCK_REFUSED] = "refused",
		[MNTTUCK_UNCHECKED] = "unchecked",
		[MNTTUCK_NOT_APPLICABLE] = "not-applicable",
	};

	json_open(json, NULL, '{');
	json_text(json, "rule", mnttuck_check_text(check, MNTTUCK_RULE));
	json_text(json, "verdict", verdicts[mnttuck_check_verdict(check)]);
	json_text(json, "refuses", mnttuck_check_text(check, MNTTUCK_REFUSES));
	json_text(json, "detail", mnttuck_check_text(check, MNTTUCK_DETAIL));
	json_close(json, '}');
}

/* The namespace of a place, and a process in it. */
static void write_namespace(struct json *json, const struct mnttuck_place *place)
{
	const char *command = mnttuck_place_text(place, MNTTUCK_COMMAND);

	json_number(json, "ns", mnttuck_place_number(place, MNTTUCK_NAMESPACE_INODE));
	json_number(json, "ns-id", mnttuck_place_number(place, MNTTUCK_NAMESPACE_ID));
	json_number(json, "pid", mnttuck_place_number(place, MNTTUCK_PID));
	json_text(json, "command", command && *command ? command : NULL);
}

static void write_place(struct json *json, const struct mnttuck_place *place)
{
	json_open(json, NULL, '{');
	json_text(json, "kind",
		mnttuck_place_number(place, MNTTUCK_KIND) == MNTTUCK_APART ? "apart" : "affected");
	write_namespace(json, place);
	json_text(json, "target", mnttuck_place_text(place, MNTTUCK_TARGET));
	json_text(json, "beneath", mnttuck_place_text(place, MNTTUCK_BENEATH));
	json_text(json, "unmounts", mnttuck_place_text(place, MNTTUCK_UNMOUNTS));
	json_text(json, "shows", mnttuck_place_text(place, MNTTUCK_SHOWS));
	json_bool(json, "is-left", mnttuck_place_number(place, MNTTUCK_IS_LEFT));
	json_text(json, "own-flags", mnttuck_place_text(place, MNTTUCK_OWN_FLAGS));
	json_close(json, '}');
}

/* A namespace that could not be seen; without a number: there may be more than were found. */
static void write_unseen(struct json *json, const struct mnttuck_place *place)
{
	json_open(json, NULL, '{');
	write_namespace(json, place);
	json_text(json, "error", strerror(-(int)mnttuck_place_number(place, MNTTUCK_ERROR)));
	json_close(json, '}');
}

static bool is_unseen_place(const struct mnttuck_place *place)
{
	return mnttuck_place_number(place, MNTTUCK_KIND) == MNTTUCK_UNSEEN;
}

void act_json_tables(struct act_json *json, const struct mnttuck *tuck)
{
	struct json *writer = &json->writer;
	const struct mnttuck_check *check = NULL;
	const struct mnttuck_place *place = NULL;

	json->has_tables = true;
	json_open(writer, "rules", '[');
	while ((check = mnttuck_next_check(tuck, check)))
		write_rule(writer, check);
	json_close(writer, ']');
	json_open(writer, "places", '[');
	/* After a refusal nothing will change anywhere. */
	while (!mnttuck_get_refusal(tuck) && (place = mnttuck_next_place(tuck, place)) &&
		place_is_planned(place))
		write_place(writer, place);
	json_close(writer, ']');
	json_open(writer, "unseen", '[');
	place = NULL;
	while ((place = mnttuck_next_place(tuck, place)))
		if (is_unseen_place(place))
			write_unseen(writer, place);
	json_close(writer, ']');
}

static void write_elsewhere(struct json *json, const struct mnttuck_place *place)
{
	json_open(json, NULL, '{');
	write_namespace(json, place);
	json_text(json, "target", mnttuck_place_text(place, MNTTUCK_TARGET));
	json_bool(json, "replaced", mnttuck_place_number(place, MNTTUCK_KIND) == MNTTUCK_REPLACED);
	json_text(json, "reason", mnttuck_place_text(place, MNTTUCK_REASON));
	json_close(json, '}');
}

void act_json_elsewhere(struct act_json *json, const struct mnttuck *tuck)
{
	const struct mnttuck_place *place = NULL;

	if (!json->is_elsewhere_open)
		json_open(&json->writer, "elsewhere", '[');
	json->is_elsewhere_open = true;
	while ((place = mnttuck_next_place(tuck, place)))
		if (!is_unseen_place(place))
			write_elsewhere(&json->writer, place);
}

static void close_elsewhere(struct act_json *json)
{
	if (json->is_elsewhere_open)
		json_close(&json->writer, ']');
	json->is_elsewhere_open = false;
}

void act_json_holders(struct act_json *json, const struct mnttuck *tuck)
{
	struct json *writer = &json->writer;
	const struct mnttuck_place *place = NULL;

	close_elsewhere(json);
	json_open(writer, "holders", '[');
	while ((place = mnttuck_next_place(tuck, place))) {
		json_open(writer, NULL, '{');
		write_namespace(writer, place);
		json_text(writer, "holds", word_of_hold(place));
		json_text(writer, "path", mnttuck_place_text(place, MNTTUCK_TARGET));
		json_close(writer, '}');
	}
	json_close(writer, ']');
}

static void write_refusal(struct json *json, const struct mnttuck_refusal *refusal)
{
	if (!refusal) {
		json_text(json, "refusal", NULL);
		return;
	}
	json_open(json, "refusal", '{');
	json_text(json, "rule", mnttuck_refusal_text(refusal, MNTTUCK_RULE));
	json_text(json, "object", mnttuck_refusal_text(refusal, MNTTUCK_OBJECT));
	json_text(json, "message", mnttuck_refusal_text(refusal, MNTTUCK_MESSAGE));
	json_text(json, "remedy", mnttuck_refusal_text(refusal, MNTTUCK_REMEDY));
	json_close(json, '}');
}

/* Write the last members, print the object, and free it. */
static void print_object(
	struct act_json *json, bool is_attached, bool is_revealed, const char *outcome, int status)
{
	json_bool(&json->writer, "attached", is_attached);
	json_bool(&json->writer, "revealed", is_revealed);
	json_text(&json->writer, "outcome", outcome);
	json_whole_number(&json->writer, "status", status);
	json_close(&json->writer, '}');
	if (fclose(json->writer.stream) != 0)
		out_of_memory();
	fputs(json->text, stdout);
	fflush(stdout);
	free(json->text);
}

void act_json_end(struct act_json *json, const struct mnttuck *tuck, int status)
{
	close_elsewhere(json);
	if (!json->has_tables)
		act_json_tables(json, tuck);
	write_refusal(&json->writer, mnttuck_get_refusal(tuck));
	print_object(json, mnttuck_is_attached(tuck), mnttuck_is_revealed(tuck),
		mnttuck_get_outcome(tuck), status);
}

void act_json_nothing_replaced(const char *target, bool is_mounted, int status)
{
	static const char *const empty[] = {"rules", "places", "unseen"};
	struct act_json json;

	act_json_begin(&json, target);
	for (size_t i = 0; i < ELEMENTS(empty); i++) {
		json_open(&json.writer, empty[i], '[');
		json_close(&json.writer, ']');
	}
	write_refusal(&json.writer, NULL);
	print_object(&json, is_mounted, /* is_revealed= */ false, NULL, status);
}
