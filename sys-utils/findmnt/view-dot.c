/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --propagation=dot: the peer groups as a Graphviz digraph. A group is a box with its members, a
 * mount that is only a slave is an ellipse, and an arrow goes from a group to its slaves.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/print.h"
#include "findmnt/groups.h"
#include "findmnt/jobs.h"
#include "findmnt/match.h"
#include "findmnt/output.h"
#include "findmnt/request.h"
#include "findmnt/tables.h"
#include "namespaces.h"
#include "snapshot.h"
#include "util.h"

struct picture {
	struct groups groups;
	const struct matcher *matcher;
	bool all_namespaces;
	size_t slaves; /* that were drawn; their number is their name */
};

/* Within the quotes of a label. */
static void put_quoted(const char *text)
{
	_cleanup_free_ char *printable = printable_text(text ?: "");

	if (!printable)
		err(EXIT_FAILURE, NULL);
	for (const char *c = printable; *c; c++) {
		if (*c == '"' || *c == '\\')
			putchar('\\');
		putchar(*c);
	}
}

/* "PATH" or, with --namespaces, "COMMAND PID: PATH". */
static void put_group_mount(const struct picture *picture, const struct group_mount *place)
{
	const struct mntns *mntns = place->mntns;

	if (picture->all_namespaces && mntns->pid) {
		put_quoted(mntns->command);
		printf(" %d: ", mntns->pid);
	} else if (picture->all_namespaces)
		printf("%llu: ", (unsigned long long)mntns->inode);
	put_quoted(mount_target(place->mount));
}

static void put_members(const struct picture *picture, const struct group *group)
{
	const size_t most = 12;
	struct group_mount member = {0};
	size_t members = 0;

	while (group_next_member(&picture->groups, group, &member)) {
		if (!matcher_matches(picture->matcher, member.mount->fs, member.mount))
			continue;
		if (members++ < most) {
			printf("\\n");
			put_group_mount(picture, &member);
		}
	}
	if (members > most)
		printf("\\n... and %zu more", members - most);
}

static void put_group(const struct picture *picture, const struct group *group)
{
	printf("\tg%d [label=\"", group->id);
	printf(group->has_members ? "peer group %d" : "peer group %d\\n(elsewhere)", group->id);
	put_members(picture, group);
	printf("\"];\n");
	if (group->master)
		printf("\tg%d -> g%d;\n", group->master, group->id);
}

static void put_slave_mounts(struct picture *picture, const struct group *group)
{
	struct group_mount slave = {0};

	while (group_next_slave(&picture->groups, group, &slave)) {
		if (slave.mount->group ||
			!matcher_matches(picture->matcher, slave.mount->fs, slave.mount))
			continue;
		printf("\ts%zu [shape=ellipse, label=\"", picture->slaves);
		put_group_mount(picture, &slave);
		printf("\"];\n\tg%d -> s%zu;\n", group->id, picture->slaves++);
	}
}

static void put_groups(struct picture *picture)
{
	const struct groups *groups = &picture->groups;

	printf("digraph propagation {\n"
	       "\trankdir=LR;\n"
	       "\tnode [shape=box, fontname=\"sans-serif\", fontsize=10];\n");
	for (size_t i = 0; i < groups->count; i++) {
		if (!group_matches(groups, &groups->list[i], picture->matcher))
			continue;
		put_group(picture, &groups->list[i]);
		put_slave_mounts(picture, &groups->list[i]);
	}
	printf("}\n");
}

int job_dot(const struct command *command, struct output *output)
{
	const struct matcher matcher = matcher_of(&command->from, &command->want);
	_cleanup_(tables_free) struct tables tables = {0};
	struct picture picture = {
		.matcher = &matcher,
		.all_namespaces = command->from.all_namespaces,
	};
	int status;

	tables_read_namespaces(&command->from, &command->want, output_needs(output), &tables);
	status = tables_tell_unread(&command->from, &tables, command->job.verbose);
	picture.groups = groups_find(&tables);
	put_groups(&picture);
	groups_clear(&picture.groups);
	return status;
}
