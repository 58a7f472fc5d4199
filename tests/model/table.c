/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "kernel.h"
#include "namespaces.h"
#include "snapshot.h"
#include "util.h"
#include "world.h"

/* ---- making ---- */

static size_t row_of(struct mount *mount)
{
	return mount && mount->user && !mount->is_gone ? (size_t)(uintptr_t)mount->user - 1
						       : NO_ROW;
}

static uint64_t attributes_of(const struct world *world, size_t space, const struct mount *mount)
{
	struct kernel_statmount answer = {.mnt_attr = world_id(mount) ? mount->flags : 0};
	const struct statmount_buffer buffer = {.data = &answer, .size = sizeof(answer)};

	if (mount->id)
		kernel_statmount_once(
			mount->id, world->spaces[space].id, KERNEL_STATMOUNT_MNT_BASIC, &buffer);
	return answer.mnt_attr;
}

static void add_row(
	const struct world *world, struct table *table, size_t space, struct mount *mount)
{
	table->rows[table->count++] = (struct row){
		.space = space,
		.id = world_id(mount),
		.target = strdup(mount_target(mount) ?: "(nowhere)"),
		.root = strdup(mount_root(mount) ?: "(unknown)"),
		.device = mount_device(mount),
		.group = mount->group,
		.master = mount->master,
		.unbindable = mount->unbindable,
		.attributes = attributes_of(world, space, mount),
	};
	mount->user = (void *)(uintptr_t)table->count;
}

void table_make(const struct world *world, const struct namespaces *namespaces, struct table *table)
{
	struct mount *mount;
	size_t room = 0, at = 0;

	for (size_t i = 0; i < namespaces->count; i++)
		room += snapshot_size(namespaces->list[i].snapshot);
	*table = (struct table){.rows = calloc(room + 1, sizeof(*table->rows))};
	for (size_t i = 0; i < namespaces->count; i++)
		snapshot_for_each (mount, namespaces->list[i].snapshot)
			if (!mount->is_gone)
				add_row(world, table, world_space(world, i), mount);
	for (size_t i = 0; i < namespaces->count; i++)
		snapshot_for_each (mount, namespaces->list[i].snapshot)
			if (!mount->is_gone)
				table->rows[at++].parent = row_of(mount->parent);
}

void table_clear(struct table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		free(table->rows[i].target);
		free(table->rows[i].root);
	}
	free(table->rows);
	*table = (struct table){0};
}

/* ---- comparing ---- */

struct comparison {
	const struct table *wanted, *is;
	size_t *pair;	 /* of a wanted row: the row that it is */
	bool *is_paired; /* of a row that is */
	struct {
		int wanted, is;
	} * groups;
	size_t group_count;
	FILE *text;
	size_t differences;
};

__attribute__((format(printf, 3, 4))) static void differ(
	struct comparison *comparison, const struct row *row, const char *format, ...)
{
	va_list arguments;

	if (comparison->wanted->ignored & 1U << row->space)
		return;
	va_start(arguments, format);
	fprintf(comparison->text, "# [%zu] %" PRIu64 " %s: ", row->space, row->id, row->target);
	vfprintf(comparison->text, format, arguments);
	fputc('\n', comparison->text);
	va_end(arguments);
	comparison->differences++;
}

/* The row that @row is, as far as that is known. */
static size_t find_pair(const struct comparison *comparison, const struct row *row)
{
	size_t parent = row->parent == NO_ROW ? NO_ROW : comparison->pair[row->parent];

	for (size_t i = 0; i < comparison->is->count; i++) {
		const struct row *other = &comparison->is->rows[i];

		if (comparison->is_paired[i] || other->space != row->space)
			continue;
		if (row->id ? other->id == row->id
			    : parent != NO_ROW && other->parent == parent &&
					strcmp(other->target, row->target) == 0)
			return i;
	}
	return NO_ROW;
}

static void pair_rows(struct comparison *comparison)
{
	bool again = true;

	/* Those with an id first: a new one is not to be taken for one of them. */
	for (int round = 0; again; round++) {
		again = round == 0;
		for (size_t i = 0; i < comparison->wanted->count; i++) {
			const struct row *row = &comparison->wanted->rows[i];
			size_t found;

			if (comparison->pair[i] != NO_ROW || (round == 0 && !row->id))
				continue;
			found = find_pair(comparison, row);
			if (found == NO_ROW)
				continue;
			comparison->pair[i] = found;
			comparison->is_paired[found] = true;
			again = true;
		}
	}
}

/* Whether two group numbers can mean the same group, after all that have been compared before. */
static bool same_group(struct comparison *comparison, int wanted, int is)
{
	if (!wanted || !is)
		return wanted == is;
	for (size_t i = 0; i < comparison->group_count; i++)
		if (comparison->groups[i].wanted == wanted || comparison->groups[i].is == is)
			return comparison->groups[i].wanted == wanted &&
			       comparison->groups[i].is == is;
	comparison->groups[comparison->group_count].wanted = wanted;
	comparison->groups[comparison->group_count++].is = is;
	return true;
}

static void compare_rows(struct comparison *comparison, size_t index)
{
	const struct row *wanted = &comparison->wanted->rows[index];
	const struct row *is = &comparison->is->rows[comparison->pair[index]];
	size_t parent = wanted->parent == NO_ROW ? NO_ROW : comparison->pair[wanted->parent];

	if (parent != is->parent)
		differ(comparison, is, "it lies on another mount");
	if (strcmp(wanted->target, is->target) != 0)
		differ(comparison, is, "it was to be at %s", wanted->target);
	if (strcmp(wanted->root, is->root) != 0 || wanted->device != is->device)
		differ(comparison, is, "it shows %u:%s, and was to show %u:%s", minor(is->device),
			is->root, minor(wanted->device), wanted->root);
	if (wanted->unbindable != is->unbindable)
		differ(comparison, is, "it is %sunbindable", is->unbindable ? "" : "not ");
	if (wanted->id && (comparison->wanted->may_gain ? wanted->attributes & ~is->attributes
							: wanted->attributes ^ is->attributes))
		differ(comparison, is, "its attributes are %" PRIx64 ", and were %" PRIx64,
			is->attributes, wanted->attributes);
	if (!same_group(comparison, wanted->group, is->group))
		differ(comparison, is, "its peer group %d was to be %d", is->group, wanted->group);
	if (!same_group(comparison, wanted->master, is->master))
		differ(comparison, is, "its master %d was to be %d", is->master, wanted->master);
}

size_t table_compare(const struct table *wanted, const struct table *is, FILE *text)
{
	_cleanup_free_ size_t *pair = calloc(wanted->count + 1, sizeof(*pair));
	_cleanup_free_ bool *is_paired = calloc(is->count + 1, sizeof(*is_paired));
	struct comparison comparison = {
		.wanted = wanted,
		.is = is,
		.pair = pair,
		.is_paired = is_paired,
		.groups = calloc(2 * wanted->count + 1, sizeof(*comparison.groups)),
		.text = text,
	};

	for (size_t i = 0; i < wanted->count; i++)
		pair[i] = NO_ROW;
	pair_rows(&comparison);
	for (size_t i = 0; i < wanted->count; i++)
		if (pair[i] == NO_ROW)
			differ(&comparison, &wanted->rows[i], "it is not there");
		else
			compare_rows(&comparison, i);
	for (size_t i = 0; i < is->count; i++)
		if (!is_paired[i])
			differ(&comparison, &is->rows[i], "it was not to be there");
	free(comparison.groups);
	return comparison.differences;
}

/* ---- printing ---- */

static void print_row(
	const struct table *table, const struct row *row, unsigned int depth, FILE *text)
{
	char name[32] = "new";

	/* A table of a wrong plan may go in circles. */
	if (depth > 40)
		return;
	if (row->id)
		snprintf(name, sizeof(name), "%" PRIu64, row->id & 0xffffffff);
	fprintf(text, "#   %*s%s %s  %u:%s", (int)depth * 2, "", row->target, name,
		minor(row->device), row->root);
	if (row->group)
		fprintf(text, " shared:%d", row->group);
	if (row->master)
		fprintf(text, " master:%d", row->master);
	fputs(row->unbindable ? " unbindable\n" : "\n", text);
	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].parent != NO_ROW && &table->rows[table->rows[i].parent] == row)
			print_row(table, &table->rows[i], depth + 1, text);
}

void table_print(const struct table *table, FILE *text)
{
	size_t space = NO_ROW;

	for (size_t i = 0; i < table->count; i++) {
		if (table->rows[i].parent != NO_ROW)
			continue;
		if (table->rows[i].space != space)
			fprintf(text, "#  [%zu]\n", table->rows[i].space);
		space = table->rows[i].space;
		print_row(table, &table->rows[i], 0, text);
	}
}
