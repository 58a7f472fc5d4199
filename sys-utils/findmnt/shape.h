/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shape of the output: in which order mounts are printed, and below what. It is decided in
 * shape_choose() and nowhere else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct command;
struct matcher;
struct output;
struct tables;

struct shape {
	enum {
		ORDER_LIST,	/* matches, as the table has them */
		ORDER_SUBTREES, /* the same, each with everything below it */
		ORDER_TREE,	/* matches, from the root of the namespace down */
	} order;
	bool is_tree; /* lines have parents, and branches are drawn */
};

/* The shape of the plain list, or of the views that can be trees. @tables: what is shown. */
struct shape shape_choose(const struct command *command, const struct tables *tables);

/* Add the mounts that match; returns how many lines the output has of them. */
size_t shape_add(const struct shape *shape, const struct matcher *matcher,
	const struct tables *tables, struct output *output);
