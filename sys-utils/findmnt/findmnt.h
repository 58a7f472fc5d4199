/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findmnt.h: what the command line asked for, and the words that the rooms of findmnt share.
 *
 *	findmnt.c           argv, and which of the jobs below it asks for
 *	findmnt-options.c   the table of options: one row each, with the words of --help
 *	findmnt-columns.c   the table of columns: one row each, with its getter
 *	findmnt-devices.c   columns that a device's labels and UUIDs fill
 *	findmnt-df.c        columns that say how full a filesystem is
 *	findmnt-tables.c    where mounts come from: the kernel, fstab, mtab, files, another task
 *	findmnt-match.c     which of them are asked for
 *	findmnt-filter.c    --filter, by libsmartcols
 *	findmnt-tree.c      in which order, and below what, they are printed
 *	findmnt-output.c    the printing, by libsmartcols
 *	findmnt-views.c     --propagation, --namespaces: what the views are of, and the plainest
 *	findmnt-groups.c    --propagation=groups and dot
 *	findmnt-receivers.c --propagation=receivers
 *	findmnt-tucked.c    --tucked, --wait
 *	findmnt-poll.c      --poll
 *	findmnt-verify.c    --verify
 */
#pragma once

#include <libmount.h>
#include <libsmartcols.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/statvfs.h>
#include <sys/types.h>

struct column;
struct mount;
struct mntns;
struct snapshot;

enum findmnt_source {
	SOURCE_KERNEL,	  /* /proc/self/mountinfo */
	SOURCE_LISTMOUNT, /* listmount(2) and statmount(2) */
	SOURCE_FSTAB,
	SOURCE_MTAB,
	SOURCE_TASK, /* /proc/TID/mountinfo */
};

enum findmnt_form {
	FORM_TABLE,
	FORM_JSON,
	FORM_PAIRS,
	FORM_RAW,
};

enum findmnt_view {
	VIEW_NONE,
	VIEW_MOUNTS,
	VIEW_GROUPS,
	VIEW_RECEIVERS,
	VIEW_DOT,
	VIEW_TUCKED,
};

enum findmnt_df {
	DF_NONE,
	DF_BLOCKS,
	DF_INODES,
};

struct findmnt {
	/* where the mounts come from */
	enum findmnt_source source;
	bool source_given;
	struct text_list {
		const char **list;
		size_t count;
	} files, tasks;

	/* which of them */
	const char *match_source, *match_target, *match_mountpoint;
	const char *match_types, *match_options;
	const char *match_id, *match_unique_id;
	int id;
	uint64_t unique_id;
	const char *filter;
	struct libscols_filter *expression; /* what the filter says; NULL: nothing */
	bool invert, backward, first_only, submounts, all;
	bool only_real, only_pseudo, only_shadowed, unique;

	/* how they are printed */
	enum findmnt_form form;
	enum findmnt_df df;
	const char *columns_wanted;
	bool output_all, list, tree, ascii, bytes, noheadings, notruncate, shell_names;
	bool canonicalize, nocanonicalize, evaluate, no_fsroot, vfs_all, verbose;
	bool has_links; /* --hyperlink */
	const struct column **columns;
	size_t column_count, shown_columns; /* those after it are the filter's alone */

	/* the views */
	enum findmnt_view view;
	bool receivers_of_mount, all_namespaces, wait;
	int wait_seconds;	       /* -1: for ever */
	struct namespaces *namespaces; /* what the view is of; NULL: nobody asked for namespaces */
	int namespaces_error;	       /* -errno: reading stopped before all of them */

	/* the other jobs */
	bool list_columns, verify, poll;
	const char *poll_actions;
	int timeout; /* milliseconds; -1: none */

	struct libmnt_cache *cache; /* canonical paths and tags; NULL: --nocanonicalize */
};

/* What one line shows. */
struct row {
	struct libmnt_fs *fs; /* NULL: a line that is of no mount, it has a label only */
	struct mount *mount;
	const char *label;	    /* in place of the target */
	const char *propagation;    /* in place of the mount's own */
	const char *action;	    /* --propagation=receivers */
	const struct mount *tucked; /* what lies beneath */
	const struct mntns *mntns;  /* whose mount it is */
	struct libmnt_fs *old_fs;   /* --poll: what it was before; else NULL */
	int change;		    /* --poll: MNT_TABDIFF_*; else 0 */
	struct statvfs usage;
	enum { USAGE_UNREAD, USAGE_READ, USAGE_FAILED } usage_state;
};

/* ---- findmnt-options.c ---- */

/* Read argv into @findmnt; what is left of it begins at the returned index. Exits on a mistake. */
int findmnt_parse_options(struct findmnt *findmnt, int argc, char **argv);

/* ---- findmnt-columns.c ---- */

/* Decide on the columns of the output; exits on an unknown name. */
void findmnt_choose_columns(struct findmnt *findmnt);
bool findmnt_has_column(const struct findmnt *findmnt, const char *name);
/* The index of a column that somebody other than the reader needs; negative: there is none of that
 * name. */
int findmnt_need_column(struct findmnt *findmnt, const char *name);
void findmnt_list_columns(const struct findmnt *findmnt);
const char *column_name(const struct column *column);
double column_width(const struct column *column);
int column_flags(const struct column *column);
int column_json_type(const struct column *column, const struct findmnt *findmnt);
/* The cell of @row; the caller frees it. NULL: empty. */
char *column_text(const struct column *column, const struct findmnt *findmnt, struct row *row);

/* ---- findmnt-tables.c ---- */

/* All tables that were asked for, in order; of the kernel's no more than is asked for, where one
 * mount point is. @operand: what names it, if it was taken for a device at first. Exits with a
 * message if one can't be read. */
struct tables {
	struct snapshot **list;
	size_t count;
};
void findmnt_read_tables(const struct findmnt *findmnt, const char *operand, struct tables *tables);
void tables_free(struct tables *tables);
/* Whether parents and children are known, so that a tree can be printed. */
bool tables_have_tree(const struct tables *tables);
/* Parse @path as what @source says; prints the parser's complaints. NULL: errno says why not. */
struct libmnt_table *findmnt_parse_table(
	const struct findmnt *findmnt, enum findmnt_source source, const char *path);
/* How many lines could not be parsed. */
unsigned int findmnt_parse_errors(void);
const char *findmnt_default_path(enum findmnt_source source);

/* ---- findmnt-match.c ---- */

bool findmnt_matches(const struct findmnt *findmnt, struct libmnt_fs *fs, struct mount *mount);
/* Whether something other than a whole table was asked for by name. */
bool findmnt_names_one(const struct findmnt *findmnt);
/* Whether anything at all was said of what to look for. */
bool findmnt_has_criteria(const struct findmnt *findmnt);
/* Nothing matched: look for what the name could mean besides. @operand: the operand that was taken
 * for a device so far, or NULL; @above: a path, NULL at first, the caller frees it. False: it can't
 * mean anything else. */
bool findmnt_try_other_meaning(struct findmnt *findmnt, const char **operand, char **above);
/* Whether what is asked for is all that is mounted at one path, and nothing but that. */
bool findmnt_wants_only_target(const struct findmnt *findmnt, const char *operand);
/* With -R, every match is the top of a tree of its own; unless nothing was said to match. */
bool findmnt_wants_subtrees(const struct findmnt *findmnt);
/* --uniq: take out what is mounted over at the same path; its children go to its parent. */
int findmnt_drop_duplicates(struct tables *tables);

/* ---- findmnt-filter.c ---- */

/* Parse --filter, if there is one, and note its columns. Exits if it makes no sense. */
void findmnt_make_filter(struct findmnt *findmnt);
void findmnt_assign_filter(struct findmnt *findmnt, struct libscols_table *table);
bool findmnt_filter_passes(const struct findmnt *findmnt, struct libscols_line *line);
static inline bool findmnt_has_filter(const struct findmnt *findmnt)
{
	return findmnt->expression;
}
void findmnt_free_filter(struct findmnt *findmnt);

/* ---- findmnt-tree.c ---- */

struct output;
/* Add what matches, in the order and shape that was asked for; returns how many lines. */
size_t findmnt_add_tree(
	const struct findmnt *findmnt, struct tables *tables, struct output *output);
size_t findmnt_add_list(
	const struct findmnt *findmnt, struct tables *tables, struct output *output);

/* ---- findmnt-output.c ---- */

struct output *output_new(struct findmnt *findmnt, bool tree);
/* The line of @row; NULL: the filter leaves it out. A line of no mount it does not ask about. */
struct libscols_line *output_add(
	struct output *output, struct libscols_line *parent, struct row *row);
void output_remove(struct output *output, struct libscols_line *parent, struct libscols_line *line);
/* Whether there was any row, if only for the filter to leave it out. */
bool output_has_seen_any(const struct output *output);
void output_print(struct output *output);
/* Print the lines that were added since the last time, the heading before the first. */
void output_print_lines(struct output *output);
void output_free(struct output *output);

/* ---- findmnt-views.c, findmnt-groups.c, findmnt-receivers.c, findmnt-tucked.c ---- */

int findmnt_show_view(struct findmnt *findmnt, const char *operand);
/* Find out which namespace the caller's is, for the columns that say so. */
void findmnt_note_namespace(struct findmnt *findmnt);
/* Read what the view is of into findmnt->namespaces. */
void findmnt_read_namespaces(struct findmnt *findmnt);
/* Say on stderr which of them could not be read or found. 64: there are such; else 0. */
int findmnt_tell_unread(const struct findmnt *findmnt);
void findmnt_free_namespaces(struct findmnt *findmnt);
/* The namespace that a mount is of; NULL: not known. */
const struct mntns *findmnt_namespace_of(const struct findmnt *findmnt, const struct mount *mount);
size_t findmnt_add_groups(const struct findmnt *findmnt, struct output *output);
size_t findmnt_print_dot(const struct findmnt *findmnt);
size_t findmnt_add_receivers(
	const struct findmnt *findmnt, const char *target, struct output *output);
int findmnt_show_tucked(struct findmnt *findmnt);

/* ---- findmnt-poll.c, findmnt-verify.c ---- */

int findmnt_poll(struct findmnt *findmnt);
int findmnt_verify(struct findmnt *findmnt, const char *operand);
