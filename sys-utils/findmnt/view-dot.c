/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --propagation=dot: a Graphviz picture of where mounts propagate to.
 *
 *	a cluster   a mount namespace; those in which everything is alike share one
 *	a box       the members that a peer group has there, with their sources
 *	an ellipse  the mounts there that are slaves of one group, and in no group
 *	an arrow    from a group to its slaves; with two heads between boxes of one group
 *	dotted      from a mount to the one that lies beneath it, at the same path
 */
#include <err.h>
#include <libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/print.h"
#include "findmnt/groups.h"
#include "findmnt/jobs.h"
#include "findmnt/match.h"
#include "findmnt/output.h"
#include "findmnt/request.h"
#include "findmnt/row.h"
#include "findmnt/tables.h"
#include "namespaces.h"
#include "snapshot.h"
#include "util.h"

/* More than these are counted, not drawn. */
#define MOST_MOUNTS   8
#define MOST_NAMES    4
#define MOST_CLUSTERS 24

/* Mounts of one namespace that are in one peer group; or slaves of one group, and in none. */
struct node {
	int group, master;
	struct mount **mounts;
	size_t count;
};

struct cluster {
	const struct mntns *mntns;
	struct node *nodes;
	size_t count;
	char *description;	    /* equal where everything is alike */
	const struct cluster *same; /* an earlier one with that description; NULL: none */
};

struct picture {
	struct groups groups;
	const struct tables *tables;
	const struct matcher *matcher;
	struct cluster *clusters; /* as tables->list */
};

static void *grown(void *list, size_t count, size_t size)
{
	/* The room is doubled whenever it is used up. */
	if ((count & (count - 1)) != 0)
		return list;
	list = reallocarray(list, count ? count * 2 : 1, size);
	if (!list)
		err(EXIT_FAILURE, NULL);
	return list;
}

/* ---- what there is to draw ---- */

/* Whether nothing propagates from @mount to anywhere, nor from anywhere to it. Such mounts are
 * drawn only if mounts are asked for. */
static bool is_alone(const struct picture *picture, const struct mount *mount)
{
	const struct group group = {.id = mount->group};
	struct group_mount member = {0}, slave = {0};

	return !want_has_criteria(picture->matcher->want) && !mount->master &&
	       group_next_member(&picture->groups, &group, &member) &&
	       !group_next_member(&picture->groups, &group, &member) &&
	       !group_next_slave(&picture->groups, &group, &slave);
}

static bool is_drawn(const struct picture *picture, struct mount *mount)
{
	int id = mount->group ?: mount->master;

	return id && groups_is_wanted(&picture->groups, id) && !is_alone(picture, mount) &&
	       matcher_matches(picture->matcher, mount->fs, mount);
}

static struct node *node_of(struct cluster *cluster, const struct mount *mount)
{
	struct node *node;

	for (size_t i = 0; i < cluster->count; i++) {
		node = &cluster->nodes[i];
		if (node->group == mount->group && (node->group || node->master == mount->master))
			return node;
	}
	cluster->nodes = grown(cluster->nodes, cluster->count, sizeof(*node));
	node = &cluster->nodes[cluster->count++];
	*node = (struct node){.group = mount->group, .master = mount->master};
	return node;
}

static void find_nodes(struct picture *picture, struct cluster *cluster)
{
	struct mount *mount;

	snapshot_for_each (mount, cluster->mntns->snapshot) {
		struct node *node;

		if (!is_drawn(picture, mount))
			continue;
		node = node_of(cluster, mount);
		node->mounts = grown(node->mounts, node->count, sizeof(struct mount *));
		node->mounts[node->count++] = mount;
	}
}

/* Whether the group has members in several namespaces. */
static bool is_across_namespaces(const struct picture *picture, int id)
{
	const struct group group = {.id = id};
	struct group_mount member = {0};
	const struct mntns *first = NULL;

	while (group_next_member(&picture->groups, &group, &member)) {
		if (first && member.mntns != first)
			return true;
		first = member.mntns;
	}
	return false;
}

/* All that tells namespaces apart in the picture. The id of a group that is in one namespace alone
 * is left out, because it is another one in each namespace. */
static char *describe(const struct picture *picture, const struct cluster *cluster)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		err(EXIT_FAILURE, NULL);
	for (size_t i = 0; i < cluster->count; i++) {
		const struct node *node = &cluster->nodes[i];
		bool is_wide = node->group && is_across_namespaces(picture, node->group);

		fprintf(stream, "%d %d %d\n", node->group != 0, is_wide ? node->group : 0,
			node->master);
		for (size_t j = 0; j < node->count; j++)
			fprintf(stream, "%s %s %s %d\n", mount_target(node->mounts[j]),
				mnt_fs_get_source(node->mounts[j]->fs) ?: "",
				mount_root(node->mounts[j]), mount_is_cover(node->mounts[j]));
	}
	if (fclose(stream) != 0 || !text)
		err(EXIT_FAILURE, NULL);
	return text;
}

static void find_clusters(struct picture *picture)
{
	const struct tables *tables = picture->tables;

	picture->clusters = calloc(tables->count + 1, sizeof(*picture->clusters));
	if (!picture->clusters)
		err(EXIT_FAILURE, NULL);
	for (size_t i = 0; i < tables->count; i++) {
		struct cluster *cluster = &picture->clusters[i];

		cluster->mntns = tables->list[i];
		find_nodes(picture, cluster);
		cluster->description = describe(picture, cluster);
		/* The caller's own namespace has a cluster of its own. */
		for (size_t j = 1; j < i && !cluster->same; j++)
			if (!picture->clusters[j].same && cluster->count &&
				strcmp(picture->clusters[j].description, cluster->description) == 0)
				cluster->same = &picture->clusters[j];
	}
}

static void clear_clusters(struct picture *picture)
{
	for (size_t i = 0; i < picture->tables->count; i++) {
		for (size_t j = 0; j < picture->clusters[i].count; j++)
			free(picture->clusters[i].nodes[j].mounts);
		free(picture->clusters[i].nodes);
		free(picture->clusters[i].description);
	}
	free(picture->clusters);
}

/* ---- names ---- */

/* A node's name: of its cluster's number and its own. */
struct name {
	size_t cluster, node;
};

static bool is_printed(const struct picture *picture, const struct cluster *cluster)
{
	size_t before = 0;

	for (const struct cluster *other = picture->clusters; other < cluster; other++)
		before += other->count && !other->same;
	return cluster->count && !cluster->same && before < MOST_CLUSTERS;
}

/* The first node of the group that is printed. In place of a cluster that is like an earlier one,
 * the earlier one is printed: there it is the node of the same number. False: none is printed. */
static bool find_group(const struct picture *picture, int id, struct name *name)
{
	for (size_t i = 0; i < picture->tables->count; i++) {
		const struct cluster *cluster = &picture->clusters[i];
		const struct cluster *shown = cluster->same ?: cluster;

		for (size_t j = 0; j < cluster->count; j++)
			if (cluster->nodes[j].group == id && is_printed(picture, shown)) {
				*name = (struct name){(size_t)(shown - picture->clusters), j};
				return true;
			}
	}
	return false;
}

/* ---- printing ---- */

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

static void put_namespace(const struct mntns *mntns)
{
	if (mntns->pid) {
		put_quoted(mntns->command);
		printf(" (%d)", mntns->pid);
	} else {
		printf("namespace %llu", (unsigned long long)mntns->inode);
	}
}

static void put_cluster_label(const struct picture *picture, const struct cluster *cluster)
{
	size_t names = 1;

	printf("label=\"");
	put_namespace(cluster->mntns);
	if (cluster == picture->clusters)
		printf(", your own");
	for (size_t i = 0; i < picture->tables->count; i++) {
		if (picture->clusters[i].same != cluster)
			continue;
		if (names++ < MOST_NAMES) {
			printf(", ");
			put_namespace(picture->clusters[i].mntns);
		}
	}
	if (names > MOST_NAMES)
		printf(", and %zu more", names - MOST_NAMES);
	printf("\"");
}

static void put_mount(struct mount *mount)
{
	const char *root = mount_root(mount);

	put_quoted(mount_target(mount));
	printf("  ");
	put_quoted(mnt_fs_get_source(mount->fs));
	if (root && strcmp(root, "/") != 0) {
		printf("[");
		put_quoted(root);
		printf("]");
	}
	printf("\\n");
}

static void put_node(const struct node *node, struct name name)
{
	printf("\t\tn%zu_%zu [shape=%s, label=\"", name.cluster, name.node,
		node->group ? "box" : "ellipse");
	for (size_t i = 0; i < node->count && i < MOST_MOUNTS; i++) {
		put_mount(node->mounts[i]);
	}
	if (node->count > MOST_MOUNTS)
		printf("and %zu more\\n", node->count - MOST_MOUNTS);
	if (node->group)
		printf("peer group %d", node->group);
	else
		printf("slave");
	printf("\"];\n");
}

/* The node of the mount beneath @mount; -1: there is none. */
static ssize_t node_beneath(const struct cluster *cluster, const struct mount *mount)
{
	for (size_t i = 0; mount_is_cover(mount) && i < cluster->count; i++)
		for (size_t j = 0; j < cluster->nodes[i].count; j++)
			if (cluster->nodes[i].mounts[j] == mount->parent)
				return (ssize_t)i;
	return -1;
}

static void put_stacks(const struct cluster *cluster, struct name name)
{
	const struct node *node = &cluster->nodes[name.node];

	for (size_t i = 0; i < node->count; i++) {
		ssize_t beneath = node_beneath(cluster, node->mounts[i]);

		if (beneath >= 0 && (size_t)beneath != name.node)
			printf("\t\tn%zu_%zu -> n%zu_%zd [style=dotted, constraint=false];\n",
				name.cluster, name.node, name.cluster, beneath);
	}
}

static void put_cluster(const struct picture *picture, const struct cluster *cluster)
{
	size_t number = (size_t)(cluster - picture->clusters);

	printf("\tsubgraph cluster%zu {\n\t\t", number);
	put_cluster_label(picture, cluster);
	printf(";\n");
	for (size_t i = 0; i < cluster->count; i++)
		put_node(&cluster->nodes[i], (struct name){number, i});
	for (size_t i = 0; i < cluster->count; i++)
		put_stacks(cluster, (struct name){number, i});
	printf("\t}\n");
}

static void put_edges(const struct picture *picture, const struct cluster *cluster)
{
	const struct name own = {(size_t)(cluster - picture->clusters), 0};

	for (size_t i = 0; i < cluster->count; i++) {
		const struct node *node = &cluster->nodes[i];
		struct name other;

		if (node->group && find_group(picture, node->group, &other) &&
			(other.cluster != own.cluster || other.node != i))
			printf("\tn%zu_%zu -> n%zu_%zu [dir=both];\n", other.cluster, other.node,
				own.cluster, i);
		else if (node->master && find_group(picture, node->master, &other))
			printf("\tn%zu_%zu -> n%zu_%zu;\n", other.cluster, other.node, own.cluster,
				i);
		else if (node->master)
			printf("\tg%d [shape=box, style=dashed, label=\"peer group "
			       "%d\\n(elsewhere)\"];\n\tg%d -> n%zu_%zu;\n",
				node->master, node->master, node->master, own.cluster, i);
	}
}

static void put_picture(const struct picture *picture)
{
	size_t hidden = 0;

	printf("digraph propagation {\n"
	       "\trankdir=LR;\n"
	       "\tfontname=\"sans-serif\";\n"
	       "\tfontsize=10;\n"
	       "\tnode [fontname=\"sans-serif\", fontsize=10];\n");
	for (size_t i = 0; i < picture->tables->count; i++)
		if (is_printed(picture, &picture->clusters[i]))
			put_cluster(picture, &picture->clusters[i]);
		else
			hidden += picture->clusters[i].count && !picture->clusters[i].same;
	for (size_t i = 0; i < picture->tables->count; i++)
		if (is_printed(picture, &picture->clusters[i]))
			put_edges(picture, &picture->clusters[i]);
	if (hidden)
		printf("\tmore [shape=plain, label=\"and %zu more namespaces\"];\n", hidden);
	printf("}\n");
}

int job_dot(const struct command *command, struct output *output)
{
	_cleanup_(matcher_clear) struct matcher matcher = {0};
	_cleanup_(tables_free) struct tables tables = {0};
	struct picture picture = {.matcher = &matcher, .tables = &tables};
	bool is_empty = true;
	int status;

	tables_read_namespaces(
		&command->from, &command->want, output_needs(output) | NEEDS_PROCESSES, &tables);
	status = tables_tell_unread(&command->from, &tables, command->job.verbose);
	matcher = matcher_of_view(&command->from, &command->want, &tables);
	picture.groups = groups_find(&tables);
	groups_choose(&picture.groups, &matcher);
	find_clusters(&picture);
	for (size_t i = 0; i < tables.count; i++)
		is_empty = is_empty && !picture.clusters[i].count;
	if (!is_empty)
		put_picture(&picture);
	clear_clusters(&picture);
	groups_clear(&picture.groups);
	return status ?: is_empty ? EXIT_FAILURE : EXIT_SUCCESS;
}
