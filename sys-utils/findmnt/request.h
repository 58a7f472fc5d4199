/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a command line of findmnt asks for, in four parts: from, want, look and job.
 *
 * findmnt-rows.c fills it from the options, and findmnt.c completes it. After that it is const, and
 * each stage takes only the parts that it needs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct libmnt_cache;

/* ---- from: where the mounts are read from ---- */

enum source {
	SOURCE_KERNEL,	  /* /proc/self/mountinfo */
	SOURCE_LISTMOUNT, /* listmount(2) and statmount(2) */
	SOURCE_FSTAB,
	SOURCE_MTAB,
	SOURCE_TASK, /* /proc/TID/mountinfo */
};

struct text_list {
	const char **list;
	size_t count;
};

struct from {
	enum source source;
	bool source_given; /* by an option; otherwise the faster of the kernel's two ways is taken
			    */
	bool all_namespaces;
	struct text_list files, tasks;
	struct libmnt_cache *cache; /* as in struct want */
};

/* ---- want: which mounts are looked for ---- */

struct want {
	/* The only operand: a source or, if no mount has that source, a mount point. */
	const char *operand;
	const char *source, *target, *mountpoint, *types, *options;
	bool by_image;		  /* @source is the image file of a loop device */
	bool by_id, by_unique_id; /* by these: */
	int id;
	uint64_t unique_id;
	bool invert, backward, first_only, submounts, unique;
	bool only_real, only_pseudo, only_shadowed;
	bool only_df, all;   /* only what df(1) lists; with --all, everything nevertheless */
	bool without_kernel; /* not the filesystems in which the kernel shows itself */
	bool nocanonicalize;
	struct libmnt_cache *cache; /* of canonical paths and tags; NULL: --nocanonicalize */
};

/* ---- look: how they are printed ---- */

enum form {
	FORM_TABLE,
	FORM_JSON,
	FORM_PAIRS,
	FORM_RAW,
};

enum df {
	DF_NONE,
	DF_BLOCKS,
	DF_INODES,
};

struct look {
	enum form form;
	enum df df;
	const char *columns; /* --output */
	const char *filter;  /* --filter */
	bool output_all, list, tree, ascii, bytes, noheadings, notruncate, shell_names, links;
	bool canonicalize, evaluate, no_fsroot, vfs_all;
	bool group_ids;		    /* PROPAGATION is "shared:24 master:1", not "shared,slave" */
	bool namespace_columns;	    /* the default columns end with NS, PID and COMMAND */
	bool headings;		    /* a row for each namespace, if no column tells it */
	struct libmnt_cache *cache; /* as in struct want */
};

/* ---- job: what is done with them ---- */

enum view {
	VIEW_NONE,
	VIEW_MOUNTS,
	VIEW_GROUPS,
	VIEW_RECEIVERS,
	VIEW_DOT,
	VIEW_TUCKED,
	VIEW_WHO,
};

struct job {
	bool list_columns, verify, poll;
	enum view view;
	bool receivers_of_mount; /* --propagation=receivers,mount */
	bool everywhere;	 /* --tucked: also mounts with nothing beneath them */
	bool wait;
	int wait_seconds; /* -1: without end */
	const char *poll_actions;
	int timeout; /* of --poll, in milliseconds; -1: none */
	bool verbose;
};

struct command {
	struct from from;
	struct want want;
	struct look look;
	struct job job;
};

/* ---- request.c: what several stages ask of struct want and struct look ---- */

/* Whether a source or a path says what to look for. */
bool want_names_one(const struct want *want);
/* Whether anything says what to look for, --real and the like apart. */
bool want_has_criteria(const struct want *want);
/* Whether a path says what to look for. */
bool want_is_of_place(const struct want *want);
/* Whether each match is printed with everything below it. With -R, but not if every mount matches:
 * then the whole tree is printed anyway. */
bool want_subtrees(const struct want *want);
/* Whether the output is a table for people: rows may be labels, and lines have to fit. Without:
 * every row is data. */
bool look_is_screen(const struct look *look);
