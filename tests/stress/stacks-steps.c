/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps: each changes something at a random path, and may touch one mount. */
#include "stacks.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { HIGHEST_STACK = 6 };
static unsigned int counter; /* of the sources: each has a name of its own */

struct change {
	int gone;    /* the one mount that may go */
	int changed; /* the one mount whose options or groups may change, or that moves */
	bool tree;   /* with what is on that one */
	int added;   /* how many mounts may be new */
};

static bool is_below(const struct table *table, int id, int top)
{
	for (int depth = 0; id && depth < MOST_MOUNTS; depth++) {
		const struct entry *entry = find_entry(table, id);

		if (id == top)
			return true;
		if (!entry || entry->parent == id)
			return false;
		id = entry->parent;
	}
	return false;
}

static bool is_same(const struct entry *one, const struct entry *other)
{
	return strcmp(one->options, other->options) == 0 &&
	       strcmp(one->optional, other->optional) == 0 && strcmp(one->super, other->super) == 0;
}

/* Compare the table with the one before: nothing but @change may have happened. */
static void check_change(const struct change *change)
{
	size_t gone = 0, kept = 0;

	read_table(&world.after);
	for (size_t i = 0; i < world.before.count; i++) {
		const struct entry *old = &world.before.list[i],
				   *now = find_entry(&world.after, old->id);
		bool may_change, may_go = change->gone &&
					  (old->id == change->gone ||
						  (change->tree && is_below(&world.before, old->id,
									   change->gone)));

		kept += now != NULL;
		if (!now && !may_go)
			fail("it took %s (mount %d) at %s", old->source, old->id, old->target);
		gone += !now;
		may_change = change->changed &&
			     (old->id == change->changed ||
				     (change->tree &&
					     is_below(&world.before, old->id, change->changed)));
		if (now && !may_change && !is_same(old, now))
			fail("it changed %s (mount %d) at %s: %s %s %s -> %s %s %s", old->source,
				old->id, old->target, old->options, old->optional, old->super,
				now->options, now->optional, now->super);
	}
	if (change->gone && !gone)
		fail("it took nothing");
	if (world.after.count - kept != (size_t)change->added)
		fail("%zu mounts are new, not %d", world.after.count - kept, change->added);
}

static void check_nothing_changed(int status)
{
	if (status == 0)
		fail("status 0");
	check_change(&(struct change){0});
}

static bool has_children(const struct table *table, int id)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->list[i].parent == id && table->list[i].id != id)
			return true;
	return false;
}

/* ---- steps ---- */

/* A source that was not there before: a tmpfs with a name of its own, or a directory. */
static void new_source(char *source, bool *is_bind)
{
	*is_bind = pick(3) == 0;
	counter++;
	if (!*is_bind) {
		snprintf(source, 64, "s%u", counter);
		return;
	}
	snprintf(source, 64, "/srv/src/d%u", counter);
	if (mkdir(source, 0755) < 0)
		err(1, "%s", source);
}

static void add(const char *path, const char *tuck)
{
	static const char *const options[] = {
		"rw", "nosuid,nodev", "noexec", "ro", "nosuid,noexec"};
	const struct entry *top = visible(&world.before, path);
	const char *option = options[pick(5)];
	char source[64], inside[80];
	bool is_bind;
	int status;

	if (!mount_of(path) || height(&world.before, path) >= HIGHEST_STACK || (*tuck && !top))
		return;
	new_source(source, &is_bind);
	if (is_bind)
		status = run("mount", tuck, "--bind", "-o", option, source, path, NULL);
	else
		status = run("mount", tuck, "-t", "tmpfs", "-o", option, source, path, NULL);
	/* By propagation alone, nothing goes beneath a mount that covers others on a private one.
	 */
	if (status == 32 && *tuck && strstr(world.said, "[kernel-support]")) {
		check_nothing_changed(status);
		return;
	}
	if (status != 0) {
		fail("status %d", status);
		return;
	}
	check_change(&(struct change){.added = 1});
	if (*tuck && mount_of(path) != top->id)
		fail("the top is another mount than before");
	/* Where it can have one, what shows has a directory to mount on. */
	snprintf(inside, sizeof(inside), "%s/in", path);
	mkdir(inside, 0755);
}

/* The lowest mount of the stack at the mount point of @top. */
static const struct entry *lowest(const struct entry *top)
{
	const struct entry *below = find_entry(&world.before, top->parent);

	while (below && strcmp(below->target, top->target) == 0) {
		top = below;
		below = find_entry(&world.before, top->parent);
	}
	return top;
}

static void unmount(const char *path, const char *how)
{
	const struct entry *top = visible(&world.before, path);
	bool tree = *how != '\0';
	int status = run("umount", how, path, NULL);

	if (top && status == 0 && strcmp(how, "-R") == 0)
		check_change(&(struct change){.gone = lowest(top)->id, .tree = true});
	else if (top && status == 0)
		check_change(&(struct change){.gone = top->id, .tree = tree});
	else if (top && (tree || !has_children(&world.before, top->id)))
		fail("status %d", status);
	else
		check_nothing_changed(status);
}

static void unmount_source(void)
{
	const struct entry *entry;
	char target[64];
	int status;
	bool shows;

	if (!world.before.count)
		return;
	entry = &world.before.list[pick((unsigned int)world.before.count)];
	if (entry->source[0] != 's' || strcmp(entry->root, "/") != 0 ||
		!strpbrk(entry->source, "0123456789"))
		return;
	unescape(entry->target, target);
	shows = mount_of(target) == entry->id;
	status = run("umount", entry->source, NULL);
	if (shows && status == 0) {
		check_change(&(struct change){.gone = entry->id});
		return;
	}
	if (shows && !has_children(&world.before, entry->id))
		fail("status %d", status);
	check_nothing_changed(status);
	/* If a mount on a directory above hides the mount, no mount covers it at its own path. Then
	 * the message need not name --beneath. */
	if (!shows && (status != 32 || !strstr(world.said, entry->source) ||
			      (visible(&world.before, target) && !strstr(world.said, "--beneath"))))
		fail("%s is hidden: no word of it, or status %d", entry->source, status);
}

static void remount(const char *path)
{
	static const char *const options[] = {"remount,ro", "remount,rw", "remount,bind,ro",
		"remount,bind,noexec", "remount,bind,nosuid,nodev"};
	const struct entry *top = visible(&world.before, path), *now;
	/* Whatever shares a superblock with /srv/src would change with it. */
	const char *option =
		top && strcmp(top->root, "/") != 0 ? options[2 + pick(3)] : options[pick(5)];
	int status = run("mount", "-o", option, path, NULL);

	if (!top) {
		check_nothing_changed(status);
		return;
	}
	if (status != 0) {
		fail("status %d", status);
		return;
	}
	check_change(&(struct change){.changed = top->id});
	now = find_entry(&world.after, top->id);
	if (!now || !strstr(now->options, strrchr(option, ',') + 1))
		fail("what was asked for did not come to mount %d: %s", top->id,
			now ? now->options : "");
}

static void set_propagation(const char *path)
{
	static const char *const kinds[] = {
		"--make-private", "--make-shared", "--make-slave", "--make-unbindable"};
	const struct entry *top = visible(&world.before, path);
	int status = run("mount", kinds[pick(4)], path, NULL);

	if (!top)
		check_nothing_changed(status);
	else if (status != 0)
		fail("status %d", status);
	else
		check_change(&(struct change){.changed = top->id});
}

static void move(const char *from, const char *to)
{
	const struct entry *top = visible(&world.before, from), *now;
	int status, parent = mount_of(to);

	if (!top || !parent || strncmp(to, from, strlen(from)) == 0 ||
		height(&world.before, to) >= HIGHEST_STACK)
		return;
	status = run("mount", "--move", from, to, NULL);
	if (status !=
		0) { /* off a shared parent, or an unbindable one on it: the kernel's to refuse */
		check_nothing_changed(status);
		return;
	}
	/* On a shared parent all of it becomes shared. */
	check_change(&(struct change){.changed = top->id, .tree = true});
	now = find_entry(&world.after, top->id);
	if (!now || now->parent != parent)
		fail("mount %d is not where it was to go", top->id);
}

static void reveal(const char *path)
{
	const struct entry *top = visible(&world.before, path);
	int status = run("umount", "--reveal", path, NULL);

	/* It was revealed, and a service shows the old version or may show an earlier one. */
	if (status == 64 &&
		(strstr(world.said, "an earlier version, or a mount of its own, stays") ||
			strstr(world.said, ": revealed, but the old version stays at ")))
		status = 0;

	if (status == 0 && top)
		check_change(&(struct change){.gone = top->id});
	else
		check_nothing_changed(status);
}

void take_step(void)
{
	const char *path = paths[pick(4)];

	switch (pick(16)) {
	case 0 ... 2:
		add(path, "");
		break;
	case 3 ... 6:
		add(path, "--tuck");
		break;
	case 7:
		unmount(path, "");
		break;
	case 8:
		unmount(path, pick(2) ? "-l" : "-R");
		break;
	case 9:
		unmount_source();
		break;
	case 10 ... 11:
		remount(path);
		break;
	case 12:
		set_propagation(path);
		break;
	case 13 ... 14:
		move(path, paths[pick(4)]);
		break;
	default:
		reveal(path);
		break;
	}
}
