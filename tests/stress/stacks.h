/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of stress-stacks share: the mounts as ids tell of them, the commands that are run,
 * and what is wrong. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { MOST_MOUNTS = 400, PATHS = 4 };

/* A line of mountinfo. */
struct entry {
	int id, parent;
	char root[64], target[64], options[128], optional[64], source[64], super[256];
};

struct table {
	struct entry list[MOST_MOUNTS];
	size_t count;
};

struct stacks {
	struct table before, after; /* the step */
	struct table seen;	    /* from where the question is asked: here or in the service */
	const char *root;	    /* of the paths that are looked up: "" or the service's */
	const char *service;	    /* a process in a namespace that receives; NULL: none */
	int step;
	bool is_verbose;
	bool questions_only; /* the steps are made, but not judged */
	bool is_asking;
	unsigned long asked, failures;
	unsigned long control_asked, control_wrong; /* the system's findmnt */
	char said[65536];			    /* what the last command printed */
	char command[512];			    /* that command */
};
extern struct stacks world;
extern const char *const paths[PATHS];

unsigned int pick(unsigned int below);

/* Something is wrong with the command that was run last. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Run the words up to NULL, leaving out empty ones; returns the exit status, and leaves in
 * world.said what was printed. */
int run_words(const char *const *words);
#define run(...) run_words((const char *const[]){__VA_ARGS__})

/* The mounts below /srv/w, in the namespace of @process. */
void read_table_of(struct table *table, const char *process);
void read_table(struct table *table);
const struct entry *find_entry(const struct table *table, int id);

/* A path of mountinfo, or of findmnt --raw, without its escapes. */
void unescape(const char *escaped, char *path);

/* The mount that a lookup of @path below world.root ends in; 0: the path leads nowhere. */
int mount_of(const char *path);

/* The mount that is visible at @path itself; NULL: @path is no mount point. */
const struct entry *visible(const struct table *table, const char *path);

/* How many mounts there are at @path. */
size_t height(const struct table *table, const char *path);

/* Change something at a random path, and check that no other mount than the one meant is touched.
 */
void take_step(void);

/* Ask findmnt or mount about a random path. */
void ask(void);
