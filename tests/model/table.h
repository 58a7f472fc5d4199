/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table: all mounts of all namespaces of a case, as rows that can be compared with other ones.
 *
 * Two tables are equal if there is a way to pair their rows so that everything agrees: a mount with
 * a unique id is paired with the mount of that id; a new one, which has none in a plan, with what
 * lies at the same place on the pair of its parent. The numbers of peer groups must agree up to
 * renaming: what is one group here is one group there, over all namespaces.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct namespaces;
struct world;

struct row {
	size_t space;
	uint64_t id;   /* 0: one that is planned */
	size_t parent; /* its row; NO_ROW: the namespace's root */
	char *target, *root;
	dev_t device;
	int group, master;
	bool unbindable;
	uint64_t attributes; /* MOUNT_ATTR_...; 0 of one that is planned */
};
#define NO_ROW ((size_t)-1)

struct table {
	struct row *rows;
	size_t count;
	bool may_gain;	  /* a reveal sets attributes that its top mounts had */
	uint32_t ignored; /* a bit for each namespace whose rows are not compared */
};

void table_make(
	const struct world *world, const struct namespaces *namespaces, struct table *table);
void table_clear(struct table *table);

/* How many differences there are; they are told on @text. */
size_t table_compare(const struct table *wanted, const struct table *is, FILE *text);

/* As trees, a namespace after the other. */
void table_print(const struct table *table, FILE *text);
