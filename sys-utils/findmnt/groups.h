/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The peer groups of the tables: which there are, and their members and slaves. For
 * --propagation=groups and --propagation=dot, which print them in different ways.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct matcher;
struct mntns;
struct mount;
struct tables;

struct group {
	int id;
	int master;	  /* the group that it receives from; 0: none */
	bool has_members; /* false: only slaves of it are in the tables */
	bool is_wanted;	  /* set by groups_choose() */
	bool is_done;	  /* the caller's, false at first */
};

struct groups {
	const struct tables *tables;
	struct group *list; /* by id */
	size_t count;
	struct group **by_master; /* the same groups, by master and id */
};

/* Every group that a mount is a member or a slave of, once. Ends the program if there is no
 * memory. */
struct groups groups_find(const struct tables *tables);
void groups_clear(struct groups *groups);

/* The group that the group @id receives from; 0: none. */
int groups_master(const struct groups *groups, int id);
/* Whether groups_choose() has chosen the group @id. */
bool groups_is_wanted(const struct groups *groups, int id);
/* The first of the groups that are slaves of @group, as an index of groups->by_master; the others
 * follow it there. */
size_t groups_first_slave(const struct groups *groups, const struct group *group);

/* One mount of a group, and its namespace. Begin with an empty one. */
struct group_mount {
	struct mount *mount;
	const struct mntns *mntns;
	size_t next_table;
};
/* Go on to the next member of the group, or to the next mount that is a slave of it, which may be a
 * member of another group. False: there are no more. */
bool group_next_member(
	const struct groups *groups, const struct group *group, struct group_mount *member);
bool group_next_slave(
	const struct groups *groups, const struct group *group, struct group_mount *slave);

/* Choose the groups of which a member or a slave is asked for; if a place is asked for, also all
 * groups that are slaves of these, and so on. Without any condition every group is chosen. */
void groups_choose(struct groups *groups, const struct matcher *matcher);
