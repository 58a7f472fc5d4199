/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "kernel.h"
#include "snapshot-read.h"
#include "snapshot.h"
#include "tap.h"
#include "util.h"

static struct snapshot *parse(const char *text)
{
	_cleanup_fclose_ FILE *file = fmemopen((char *)text, strlen(text), "r");
	struct snapshot *snapshot = NULL;

	if (!check(file && snapshot_parse(file, "test", &snapshot) == 0))
		return NULL;
	return snapshot;
}

#define PARSE(text)                                                                                \
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = parse(text);                       \
	check_or_return(snapshot)

static void parse_escapes(void)
{
	struct mount *mount;

	PARSE("20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	      "23 20 8:1 /a\\040dir /mnt/a\\040b\\011c\\012d\\134e rw - ext4 /dev/sda1 rw\n"
	      "24 20 0:9 / /mnt/caf\\351\xe9 rw - tmpfs none rw\n");
	mount = snapshot_find(snapshot, 23);
	check_or_return(mount);
	check_string(mount_root(mount), "/a dir");
	check_string(mount_target(mount), "/mnt/a b\tc\nd\\e");
	check(mount_device(mount) == makedev(8, 1));
	mount = snapshot_find(snapshot, 24);
	check_or_return(mount);
	check_string(mount_target(mount), "/mnt/caf\xe9\xe9");
}

static void parse_propagation(void)
{
	static const struct {
		int id, group, master;
		bool unbindable;
	} wanted[] = {
		{1, 0, 0, false},
		{2, 24, 0, false},
		{3, 0, 7, false},
		{4, 25, 24, false},
		{5, 0, 25, false},
		{6, 0, 0, true},
		{7, 9, 0, false},
	};

	PARSE("1 0 8:1 / / rw - ext4 a rw\n"
	      "2 1 8:1 / /2 rw shared:24 - ext4 a rw\n"
	      "3 1 8:1 / /3 rw master:7 - ext4 a rw\n"
	      "4 1 8:1 / /4 rw shared:25 master:24 - ext4 a rw\n"
	      "5 1 8:1 / /5 rw master:25 propagate_from:24 - ext4 a rw\n"
	      "6 1 8:1 / /6 rw unbindable - ext4 a rw\n"
	      "7 1 8:1 / /7 rw newfield:3 shared:9 unshared:4 - ext4 a rw\n");
	for (size_t i = 0; i < ELEMENTS(wanted); i++) {
		const struct mount *mount = snapshot_find(snapshot, wanted[i].id);

		check_or_return(mount);
		check(mount->group == wanted[i].group);
		check(mount->master == wanted[i].master);
		check(mount->unbindable == wanted[i].unbindable);
	}
}

static void parse_stack(void)
{
	struct mount *below, *top;

	PARSE("1 1 8:1 / / rw - ext4 a rw\n"
	      "2 1 0:2 / /opt rw - tmpfs b rw\n"
	      "3 2 0:3 / /opt rw - tmpfs c rw\n"
	      "4 3 0:4 / /opt/sub rw - tmpfs d rw\n");
	below = snapshot_find(snapshot, 2);
	top = snapshot_find(snapshot, 3);
	check_or_return(below && top);
	check(mount_cover(below) == top);
	check(!mount_cover(top));
	check(!mount_cover(snapshot_root(snapshot)));
	check(mount_is_cover(top));
	check(!mount_is_cover(below) && !mount_is_cover(snapshot_root(snapshot)));
	check(!mount_is_cover(snapshot_find(snapshot, 4)));
	check(top->parent == below);
	check(below->parent == snapshot_root(snapshot));
}

static void parse_tree(void)
{
	static const int wanted[] = {5, 3, 9};
	const struct mount *root, *child;
	size_t i = 0;

	/* Children may come before their parents. */
	PARSE("5 2 8:1 / /c rw - ext4 a rw\n"
	      "2 1 8:1 / / rw - ext4 a rw\n"
	      "3 2 8:1 / /a rw - ext4 a rw\n"
	      "4 3 8:1 / /a/b rw - ext4 a rw\n"
	      "9 2 8:1 / /b rw - ext4 a rw\n");
	root = snapshot_root(snapshot);
	check_or_return(root && root->short_id == 2 && !root->parent);
	for (child = root->first_child; child; child = child->next_sibling, i++)
		check(i < ELEMENTS(wanted) && child->short_id == wanted[i]);
	check(i == ELEMENTS(wanted));
	check(snapshot_size(snapshot) == 5);
	check(snapshot_mount(snapshot, 4)->short_id == 9);
	check(!snapshot_mount(snapshot, 5));

	check(snapshot_sort_children(snapshot) == 0);
	check(root->first_child->short_id == 3);
	check(root->last_child->short_id == 9);
	check(root->first_child->first_child->short_id == 4);
}

static void parse_without_root(void)
{
	/* What a process in a chroot sees: no mount's parent is there. */
	PARSE("30 20 8:1 / /a rw - ext4 a rw\n"
	      "31 20 8:1 / /b rw - ext4 a rw\n");
	check(snapshot_root(snapshot) == snapshot_find(snapshot, 30));
	check(!snapshot_find(snapshot, 31)->parent);
	check(!snapshot_find(snapshot, 20));
}

static void parse_ring(void)
{
	const struct mount *mount;
	int steps = 0;

	PARSE("1 3 8:1 / /a rw - ext4 a rw\n"
	      "2 1 8:1 / /a/b rw - ext4 a rw\n"
	      "3 2 8:1 / /a/b/c rw - ext4 a rw\n"
	      "7 7 8:1 / / rw - ext4 a rw\n");
	for (mount = snapshot_find(snapshot, 3); mount && steps < 10; mount = mount->parent)
		steps++;
	check(steps == 3);
	check(!snapshot_find(snapshot, 7)->parent);
}

static void parse_nothing(void)
{
	struct snapshot *snapshot = NULL;
	_cleanup_fclose_ FILE *empty = fopen("/dev/null", "re");

	check(snapshot_parse(empty, "test", &snapshot) == 0);
	check_or_return(snapshot);
	check(snapshot_size(snapshot) == 0);
	check(!snapshot_root(snapshot));
	check(!snapshot_find(snapshot, 0));
	check(!snapshot_first_peer(snapshot, 1));
	check(!snapshot_first_slave(snapshot, 1));
	snapshot_free(snapshot);
	snapshot_free(NULL);
}

/* Every third mount in one group, every fifth a slave of it, all others in groups of their own. */
static char *many_lines(int count)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	fputs("1 0 8:1 / / rw shared:1 - ext4 a rw\n", file);
	for (int i = 2; i <= count; i++) {
		int step = (i - 1) % 100;

		fprintf(file, "%d %d 8:1 /d/%d /srv/%d rw", i, i - (step ? step : 100), i, i);
		if (i % 3 == 0)
			fputs(" shared:77", file);
		else
			fprintf(file, " shared:%d", 1000 + i);
		if (i % 5 == 0)
			fputs(" master:77", file);
		fputs(" - ext4 a rw\n", file);
	}
	fclose(file);
	return text;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void parse_many(void)
{
	const int count = under_valgrind() ? 2000 : 100000;
	_cleanup_free_ char *text = many_lines(count);
	int peers = 0, slaves = 0, previous = 0;
	double start, parsed;

	start = now();
	PARSE(text);
	parsed = now() - start;
	check(snapshot_size(snapshot) == (size_t)count);
	start = now();
	for (int i = 2; i <= count; i++) {
		const struct mount *mount = snapshot_find(snapshot, i);
		const struct mount *alone = snapshot_first_peer(snapshot, 1000 + i);

		check_or_return(mount && mount->short_id == i && mount->parent);
		check_or_return(mount->parent->short_id == mount->short_parent_id);
		if (i % 3)
			check_or_return(alone == mount && !mount_next_peer(alone));
	}
	for (const struct mount *peer = snapshot_first_peer(snapshot, 77); peer;
		peer = mount_next_peer(peer), peers++) {
		check(peer->short_id > previous);
		previous = peer->short_id;
	}
	for (const struct mount *slave = snapshot_first_slave(snapshot, 77); slave;
		slave = mount_next_slave(slave))
		slaves++;
	check(peers == count / 3);
	check(slaves == count / 5);
	/* Looking at each by its index costs less than reading them: a walk for each would not. */
	check(now() - start < 1 + parsed);
}

/* ---- the live table, in the root that the tests have for themselves ---- */

static bool make_mounts(void)
{
	static const char *const names[] = {"/mnt/plain", "/mnt/a b", "/mnt/c\nd", "/mnt/e\\f\tg",
		"/mnt/caf\xe9", "/mnt/stack", "/mnt/gone", "/mnt/shared", "/mnt/slave"};
	bool made = true;

	for (size_t i = 0; i < ELEMENTS(names) && made; i++)
		made = mkdir(names[i], 0755) == 0 && mount("none", names[i], "tmpfs", 0, NULL) == 0;
	made = made && mkdir("/mnt/plain/dir with space", 0755) == 0 &&
	       mkdir("/mnt/plain/removed", 0755) == 0 &&
	       mount("/mnt/plain/dir with space", "/mnt/stack", NULL, MS_BIND, NULL) == 0 &&
	       mount("/mnt/plain/removed", "/mnt/gone", NULL, MS_BIND, NULL) == 0 &&
	       rmdir("/mnt/plain/removed") == 0 &&
	       mount(NULL, "/mnt/plain", NULL, MS_PRIVATE, NULL) == 0 &&
	       mount(NULL, "/mnt/a b", NULL, MS_UNBINDABLE, NULL) == 0 &&
	       mount("/mnt/shared", "/mnt/slave", NULL, MS_BIND, NULL) == 0 &&
	       mount(NULL, "/mnt/slave", NULL, MS_SLAVE, NULL) == 0 &&
	       mount("/mnt/slave", "/mnt/caf\xe9", NULL, MS_BIND, NULL) == 0 &&
	       mount(NULL, "/mnt/caf\xe9", NULL, MS_SHARED, NULL) == 0;
	return made;
}

static void live_agrees(void)
{
	_cleanup_(cleanup_snapshot) struct snapshot *light = NULL, *full = NULL;
	struct mount *mount;
	size_t unbindable = 0, slaves = 0;

	check_or_return(make_mounts());
	check_or_return(snapshot_read(SNAPSHOT_LIGHT, &light) == 0);
	check_or_return(snapshot_read(SNAPSHOT_FULL, &full) == 0);
	check(!snapshot_mount(light, 0)->fs || under_valgrind() || under_qemu());
	check(snapshot_mount(full, 0)->fs);
	/* mountinfo leaves out what the caller's root does not reach; here that is nothing. */
	snapshot_for_each (mount, full) {
		struct mount *other = snapshot_find(light, mount->short_id);

		check_or_return(other);
		check(other->short_parent_id == mount->short_parent_id);
		check(other->group == mount->group);
		check(other->master == mount->master);
		check(other->unbindable == mount->unbindable);
		check_string(mount_target(other), mount_target(mount));
		check_string(mount_root(other), mount_root(mount));
		check(mount_device(other) == mount_device(mount));
		unbindable += mount->unbindable;
		slaves += mount->master > 0;
	}
	check(unbindable == 1);
	check(slaves >= 2);
}

static void live_one(void)
{
	_cleanup_(cleanup_snapshot) struct snapshot *one = NULL, *above = NULL, *none = NULL;
	struct mount_identity identity;
	struct mount *found, *parent;
	int r;

	NEEDS_MOUNT_IDS;
	check_or_return(mkdir("/mnt/one", 0755) == 0);
	check_or_return(mount("none", "/mnt/one", "tmpfs", 0, NULL) == 0);
	check_or_return(kernel_identify(AT_FDCWD, "/mnt/one", 0, &identity) == 0);
	check(identity.is_root);
	if (under_valgrind())
		identity.unique_id = 0;
	r = snapshot_read_one(identity.unique_id, identity.short_id, &one, &found);
	check_or_return(r == 0);
	check_string(mount_target(found), "/mnt/one");
	check_or_return(snapshot_read_parent(found, &above, &parent) == 0);
	check_string(mount_target(parent), "/");
	check(umount("/mnt/one") == 0);
	r = snapshot_read_one(identity.unique_id, identity.short_id, &none, &found);
	check(r == -ENOENT);
}

static void no_namespace(void)
{
	struct snapshot *snapshot = NULL;
	int r = snapshot_read_namespace(UINT64_MAX - 1, &snapshot);

	if (r == -ENOSYS) {
		skip("listmount(2) is missing: valgrind 3.19, qemu-user 7.2, or Linux before 6.8");
		return;
	}
	check(r < 0);
	check(!snapshot);
}

static const struct tap_test tests[] = {
	{"mountinfo's escapes, spaces, newlines and other bytes are the path's own", parse_escapes},
	{"peer groups, masters and unbindable are read, fields of newer kernels passed over",
		parse_propagation},
	{"of a stack at one path each mount knows what covers it", parse_stack},
	{"parents and children are found in whatever order they are listed", parse_tree},
	{"mounts whose parents can't be seen have none", parse_without_root},
	{"a table that says a mount is below itself can still be walked up", parse_ring},
	{"an empty table is a snapshot of nothing", parse_nothing},
	{"100,000 mounts are found by id, by parent and by group through the index", parse_many},
	{"statmount and mountinfo tell the same of the live table", live_agrees},
	{"one mount is read by its id, and its parent, and not once it is unmounted", live_one},
	{"a namespace id that nobody has is an error", no_namespace},
};

TAP_MAIN(tests)
