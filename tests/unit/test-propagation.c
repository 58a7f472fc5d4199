/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mount-point.h"
#include "namespaces.h"
#include "plan-unmount.h"
#include "plan.h"
#include "propagation.h"
#include "snapshot-read.h"
#include "snapshot.h"
#include "tap.h"
#include "util.h"

/* Namespaces from mountinfo texts, the first the caller's own. */
static struct namespaces *namespaces_of_texts(const char *const *texts, size_t count)
{
	struct namespaces *namespaces = calloc(1, sizeof(*namespaces));

	namespaces->list = calloc(count, sizeof(*namespaces->list));
	namespaces->count = count;
	for (size_t i = 0; i < count; i++) {
		_cleanup_fclose_ FILE *file = NULL;

		if (!texts[i]) {
			namespaces->list[i].error = -EPERM;
			continue;
		}
		file = fmemopen((char *)texts[i], strlen(texts[i]), "r");
		check(snapshot_parse(file, "test", &namespaces->list[i].snapshot) == 0);
	}
	return namespaces;
}

static struct mount *find(const struct namespaces *namespaces, int id)
{
	for (size_t i = 0; i < namespaces->count; i++) {
		struct snapshot *snapshot = namespaces->list[i].snapshot;
		struct mount *mount = snapshot ? snapshot_find(snapshot, id) : NULL;

		if (mount)
			return mount;
	}
	return NULL;
}

/* The ids of the receivers of mount @id, in order: "20 30 31". */
static const char *receivers(const struct namespaces *namespaces, int id)
{
	static char text[256];
	_cleanup_free_ struct mount **list = NULL;
	size_t count = 0, length = 0;

	*text = '\0';
	if (!check(propagation_receivers(namespaces, find(namespaces, id), &list, &count) == 0))
		return NULL;
	for (size_t i = 0; i < count; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%d",
			i ? " " : "", list[i]->short_id);
	return text;
}

/*
 * A host, a peer of it, a slave of it that is shared by itself (20, in group 2), that one's slave
 * (30), and a namespace that nobody may read.
 *
 *	shared:1 (10, 15)  ->  shared:2 master:1 (20, 21)  ->  master:2 (30), shared:3 master:2 (31)
 *	                   ->  master:1 (22)                                  -> master:3 (40)
 */
static const char *const chain[] = {
	"10 1 8:1 / / rw shared:1 - ext4 a rw\n"
	"11 10 0:5 / /private rw - tmpfs b rw\n"
	"12 10 8:1 /opt /opt rw shared:9 - ext4 a rw\n",
	"15 1 8:1 / / rw shared:1 - ext4 a rw\n",
	"20 1 8:1 / / rw shared:2 master:1 - ext4 a rw\n"
	"21 20 8:1 / /again rw shared:2 master:1 - ext4 a rw\n"
	"22 20 8:1 / /slave rw master:1 - ext4 a rw\n",
	NULL,
	"30 1 8:1 / / rw master:2 - ext4 a rw\n"
	"31 30 8:1 / /both rw shared:3 master:2 - ext4 a rw\n",
	"40 1 8:1 / / rw master:3 - ext4 a rw\n"
	"41 40 8:1 / /unbindable rw unbindable - ext4 a rw\n",
};

#define CHAIN                                                                                      \
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces =                              \
		namespaces_of_texts(chain, ELEMENTS(chain))

static void receivers_down(void)
{
	CHAIN;
	check_string(receivers(namespaces, 10), "15 22 20 21 30 31 40");
	check_string(receivers(namespaces, 15), "10 22 20 21 30 31 40");
}

static void receivers_not_up(void)
{
	CHAIN;
	check_string(receivers(namespaces, 20), "21 30 31 40");
	check_string(receivers(namespaces, 31), "40");
	check_string(receivers(namespaces, 22), "");
	check_string(receivers(namespaces, 40), "");
}

static void receivers_none(void)
{
	CHAIN;
	check_string(receivers(namespaces, 11), "");
	check_string(receivers(namespaces, 12), "");
	check_string(receivers(namespaces, 41), "");
}

static void reaches(void)
{
	static const struct {
		int group, mount;
		bool answer;
	} questions[] = {
		{1, 10, true},
		{1, 15, true},
		{1, 20, true},
		{1, 22, true},
		{1, 30, true},
		{1, 40, true},
		{2, 20, true},
		{2, 30, true},
		{2, 40, true},
		{3, 40, true},
		{2, 10, false},
		{2, 22, false},
		{3, 30, false},
		{3, 20, false},
		{1, 11, false},
		{1, 12, false},
		{9, 10, false},
		{1, 41, false},
	};

	CHAIN;
	for (size_t i = 0; i < ELEMENTS(questions); i++)
		if (!check(propagation_reaches(namespaces, questions[i].group,
				   find(namespaces, questions[i].mount)) == questions[i].answer))
			printf("# group %d, mount %d\n", questions[i].group, questions[i].mount);
}

static void hidden_group(void)
{
	/* Group 2, between, has no member that can be seen: its slaves are not known to receive. */
	static const char *const texts[] = {
		"10 1 8:1 / / rw shared:1 - ext4 a rw\n",
		"30 1 8:1 / / rw master:2 - ext4 a rw\n",
	};
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces =
		namespaces_of_texts(texts, ELEMENTS(texts));

	check(!propagation_reaches(namespaces, 1, find(namespaces, 30)));
	check_string(receivers(namespaces, 10), "");
	check_string(receivers(namespaces, 30), "");
}

static void same_namespace(void)
{
	/* mount --bind /opt /opt on a shared /, and the three-mount stack on it. */
	static const char *const texts[] = {
		"10 1 8:1 / / rw shared:1 - ext4 a rw\n"
		"11 10 8:1 /opt /opt rw shared:1 - ext4 a rw\n"
		"12 11 8:1 /tmp /opt rw shared:1 - ext4 a rw\n",
	};
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces =
		namespaces_of_texts(texts, ELEMENTS(texts));

	check_string(receivers(namespaces, 10), "11 12");
	check_string(receivers(namespaces, 12), "10 11");
	check(propagation_reaches(namespaces, 1, find(namespaces, 12)));
}

static void mount_points(void)
{
	static const struct {
		const char *path;
		unsigned int device;
		int mount, shows;
	} questions[] = {
		{"/opt", 1, 1, 1},
		{"/opt", 1, 2, 2},
		{"/opt/a", 1, 2, 1},
		{"/opt/a", 1, 3, 2},
		{"/opt/a/b/c", 1, 2, 1},
		{"/opt", 1, 3, 0},
		{"/optical/a", 1, 2, 0},
		{"/optical", 1, 2, 0},
		{"/", 1, 1, 2},
		{"/", 1, 2, 0},
		{"/opt", 1, 4, 0},
		{"/opt", 2, 4, 2},
		{"/opt", 2, 2, 0},
		{NULL, 1, 1, 0},
	};
	static const char *const texts[] = {
		"1 0 8:1 / / rw - ext4 a rw\n"
		"2 1 8:1 /opt /x rw - ext4 a rw\n"
		"3 1 8:1 /opt/a /y rw - ext4 a rw\n"
		"4 1 8:2 /opt /z rw - ext4 a rw\n",
	};
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces =
		namespaces_of_texts(texts, ELEMENTS(texts));

	for (size_t i = 0; i < ELEMENTS(questions); i++) {
		const struct mount_point point = {
			.device = makedev(8, questions[i].device),
			.path = (char *)questions[i].path,
		};

		if (!check(mount_point_shown(&point, find(namespaces, questions[i].mount)) ==
			    questions[i].shows))
			printf("# mount point %s, mount %d\n", questions[i].path ?: "unknown",
				questions[i].mount);
	}
}

static void finds_owner(void)
{
	CHAIN;
	check(namespaces_of(namespaces, find(namespaces, 30)->snapshot) == &namespaces->list[4]);
	check(!namespaces_of(namespaces, (struct snapshot *)namespaces));
	namespaces_free(NULL);
}

/* A child in a namespace of its own, whose mounts are slaves. 0: could not. */
static pid_t start_service(void)
{
	int ends[2];
	char byte;
	pid_t child;

	if (pipe(ends) < 0)
		return 0;
	child = fork();
	if (child == 0) {
		close(ends[0]);
		if (unshare(CLONE_NEWNS) == 0 &&
			mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0 &&
			write(ends[1], "r", 1) == 1)
			pause();
		_exit(1);
	}
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 1) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		child = 0;
	}
	close(ends[0]);
	return child;
}

static void live_service(void)
{
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces = NULL;
	_cleanup_free_ struct mount **list = NULL;
	const struct mntns *service = NULL;
	struct mount *root = NULL;
	size_t count = 0, in_service = 0, own = 0;
	pid_t child;

	if (under_valgrind()) {
		skip("valgrind 3.19 has no statmount(2)");
		return;
	}
	if (under_qemu()) {
		skip("in qemu-user a process is called by qemu's name");
		return;
	}
	check_or_return(mount("none", "/srv", "tmpfs", 0, NULL) == 0);
	check_or_return(mount(NULL, "/srv", NULL, MS_SHARED, NULL) == 0);
	child = start_service();
	check_or_return(child > 0);
	check(namespaces_read(&namespaces) == 0);
	if (namespaces) {
		struct mount *mount;

		namespaces_find_processes(namespaces);
		for (size_t i = 0; i < namespaces->count; i++)
			if (namespaces->list[i].pid == child)
				service = &namespaces->list[i];
		snapshot_for_each (mount, namespaces->list[0].snapshot)
			if (mount_target(mount) && strcmp(mount_target(mount), "/srv") == 0)
				root = mount;
	}
	if (check(service && service != namespaces->list && root)) {
		check_string(service->command, "test-propagatio");
		check(propagation_receivers(namespaces, root, &list, &count) == 0);
		for (size_t i = 0; i < count; i++) {
			in_service += list[i]->snapshot == service->snapshot;
			own += list[i]->snapshot == namespaces->list[0].snapshot;
		}
		check(count == 1 && in_service == 1 && own == 0);
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* What no kernel says, but a file may. */
static void own_master(void)
{
	static const char *const texts[] = {
		"10 1 8:1 / / rw - ext4 a rw\n"
		"11 10 8:2 / /opt rw shared:3 master:3 - ext4 b rw\n"
		"12 10 8:2 / /srv rw master:3 - ext4 b rw\n",
	};
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces =
		namespaces_of_texts(texts, ELEMENTS(texts));
	struct plan plan = {.namespaces = namespaces};
	struct mount *slave = find(namespaces, 12);

	check(plan_unmount(&plan, find(namespaces, 11)) == 0);
	check(slave && slave->master == 0);
	plan_clear(&plan);
}

/* The target (11, with 12 on it) and a service, where a mask (24, with 25 on it) covers the copy of
 * 12. */
static const char *const masked[] = {
	"9 1 8:1 / / rw - ext4 a rw\n"
	"10 9 8:2 / /opt rw shared:1 - ext4 b rw\n"
	"11 10 8:3 / /opt rw shared:2 - ext4 c rw\n"
	"12 11 8:4 / /opt/a rw shared:3 - ext4 d rw\n",
	"19 1 8:1 / / rw - ext4 a rw\n"
	"20 19 8:2 / /opt rw master:1 - ext4 b rw\n"
	"21 20 8:3 / /opt rw master:2 - ext4 c rw\n"
	"22 21 8:4 / /opt/a rw master:3 - ext4 d rw\n"
	"24 22 0:50 / /opt/a rw - tmpfs mask rw\n"
	"25 24 0:51 / /opt/a/deep rw - tmpfs deep rw\n",
};

static const struct plan_change *change_of(const struct plan *plan, const struct mount *mount)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->changes[i].mount == mount)
			return &plan->changes[i];
	return NULL;
}

static void covered_is_kept(void)
{
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces =
		namespaces_of_texts(masked, ELEMENTS(masked));
	struct plan plan = {.namespaces = namespaces, .unmount_way = KEEPS_COVERED};
	struct mount *copy = find(namespaces, 21), *mask = find(namespaces, 24);
	const struct mount *covered = find(namespaces, 22);
	const struct plan_change *change;

	check(plan_unmount(&plan, find(namespaces, 11)) == 0);
	change = change_of(&plan, copy);
	if (check(change != NULL)) {
		check(change->stays && change->other == mask && !change->slides);
		check(change->shown == copy && change->shows == copy);
	}
	check(!copy->is_gone && covered->is_gone && mask->parent == copy);
	check_string(mount_target(mask), "/opt/a");
	plan_clear(&plan);
}

static void covered_is_taken(void)
{
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces =
		namespaces_of_texts(masked, ELEMENTS(masked));
	struct plan plan = {.namespaces = namespaces, .unmount_way = TAKES_COVERED};
	struct mount *copy = find(namespaces, 21), *mask = find(namespaces, 24);
	const struct plan_change *change;

	check(plan_unmount(&plan, find(namespaces, 11)) == 0);
	change = change_of(&plan, copy);
	if (check(change != NULL)) {
		check(!change->stays && change->slides == mask && change->shows == mask);
		check(change->shown == copy && !change->shows_beneath);
	}
	check(copy->is_gone && mask->parent == find(namespaces, 20));
	check_string(mount_target(mask), "/opt");
	check_string(mount_target(find(namespaces, 25)), "/opt/deep");
	plan_clear(&plan);
}

static const struct tap_test tests[] = {
	{"a mount event goes to peers, slaves, and the slaves' groups, in every namespace",
		receivers_down},
	{"nothing goes up from a slave to its master", receivers_not_up},
	{"private and unbindable mounts, and a group of one, have no receivers", receivers_none},
	{"whether a group reaches a mount is found up any chain of masters", reaches},
	{"what is a slave of a group that can't be seen is nobody's receiver", hidden_group},
	{"peers within one namespace receive too", same_namespace},
	{"a mount shows a mount point at or below its own root, on the same filesystem only",
		mount_points},
	{"a group that is its own master leaves its slaves without one", own_master},
	{"since Linux 6.17 a mask keeps the mounts on which the covered mount lies",
		covered_is_kept},
	{"before that it slides down, with what is mounted on it", covered_is_taken},
	{"a snapshot leads back to its namespace", finds_owner},
	{"a live service is found with its process, and as the one receiver", live_service},
};

TAP_MAIN(tests)
