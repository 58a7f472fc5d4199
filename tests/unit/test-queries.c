/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The public API's questions, and its wishes about rules, clones, namespaces and descriptors. */
#include "libmnttuck.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "kernel.h"
#include "tap.h"
#include "util.h"

static bool mount_new(const char *source, const char *path)
{
	mkdir(path, 0755);
	return mount(source, path, "tmpfs", 0, NULL) == 0;
}

static void clean(const char *path)
{
	while (umount2(path, MNT_DETACH) == 0)
		;
}

static bool is_refused_by(const struct mnttuck *tuck, const char *rule)
{
	const struct mnttuck_refusal *refusal = mnttuck_get_refusal(tuck);

	return refusal && strcmp(mnttuck_refusal_text(refusal, MNTTUCK_RULE), rule) == 0;
}

/* The number of places of @kind in the mount namespace of @pid; 0: any. */
static int count_places(const struct mnttuck *tuck, enum mnttuck_place_kind kind, int pid)
{
	const struct mnttuck_place *place = NULL;
	char path[64];
	struct stat st = {0};
	int count = 0;

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	if (pid && stat(path, &st) < 0)
		return -1;
	while ((place = mnttuck_next_place(tuck, place)))
		count += mnttuck_place_number(place, MNTTUCK_KIND) == kind &&
			 (!pid || mnttuck_place_number(place, MNTTUCK_NAMESPACE_INODE) ==
					  (int64_t)st.st_ino);
	return count;
}

/* Whether @path is there in the service's mount namespace. */
static bool is_in_service(pid_t service, const char *path)
{
	pid_t child = fork();
	char namespace[64];
	int status = -1;

	if (child == 0) {
		snprintf(namespace, sizeof(namespace), "/proc/%d/ns/mnt", service);
		_exit(setns(open(namespace, O_RDONLY | O_CLOEXEC), CLONE_NEWNS) < 0 ||
			access(path, F_OK) < 0);
	}
	return waitpid(child, &status, 0) == child && status == 0;
}

/* ---- descriptors ---- */

static void by_descriptors(void)
{
	_cleanup_close_ int target = -1, source = -1, inside = -1;
	uint64_t unique = 0, top = 0;
	int id = 0;

	NEEDS_CLONES;
	NEW_TUCK;
	check_or_return(mount_new("old", "/srv/old"));
	mkdir("/srv/new", 0755);
	close(creat("/srv/new/there", 0644));
	target = open("/srv/old", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	source = open("/srv/new", O_PATH | O_CLOEXEC);
	check(mnttuck_get_mount_id(tuck, MNTTUCK_TOP_MOUNT, NULL, NULL) == -ENOENT);
	check(mnttuck_set_target(tuck, target, "") == 0);
	check(mnttuck_set_source(tuck, source, "", MNTTUCK_BIND) == 0);
	check(mnttuck_attach(tuck) == 0);
	check(mnttuck_get_mount_id(tuck, MNTTUCK_NEW_MOUNT, &unique, &id) == 0 && id);
	check(mnttuck_get_mount_id(tuck, MNTTUCK_TOP_MOUNT, &top, NULL) == 0);
	check(top != unique || !top);
	check(mnttuck_get_mount_id(tuck, (enum mnttuck_mount)7, &top, NULL) == -EINVAL);
	if (mnttuck_get_way(tuck) == MNTTUCK_BY_FLAG) {
		inside = openat(mnttuck_get_mount_fd(tuck), "there", O_RDONLY | O_CLOEXEC);
		check(inside >= 0);
	} else {
		check(mnttuck_get_mount_fd(tuck) == -EOPNOTSUPP);
	}
	check(umount2("/srv/old", MNT_DETACH) == 0 && access("/srv/old/there", F_OK) == 0);
	clean("/srv/old");
}

static void files_by_descriptors(void)
{
	_cleanup_close_ int target = -1, source = -1;

	NEEDS_CLONES;
	NEW_TUCK;
	close(creat("/srv/one", 0644));
	close(creat("/srv/two", 0600));
	check_or_return(mount("/srv/one", "/srv/one", NULL, MS_BIND, NULL) == 0);
	check_or_return(mount(NULL, "/srv/one", NULL, MS_PRIVATE, NULL) == 0);
	target = open("/srv/one", O_RDONLY | O_CLOEXEC);
	source = open("/srv/two", O_RDONLY | O_CLOEXEC);
	check(mnttuck_set_target(tuck, target, "") == 0);
	check(mnttuck_set_source(tuck, source, "", MNTTUCK_BIND) == 0);
	check(mnttuck_attach(tuck) == 0);
	clean("/srv/one");
}

static void no_descriptor(void)
{
	NEEDS_CLONES;
	NEW_TUCK;
	check(mnttuck_set_source(tuck, -1, "", MNTTUCK_BIND) == -EBADF);
	check(mnttuck_set_target(tuck, -1, "") == 0);
	check(mnttuck_check(tuck) == -EINVAL && is_refused_by(tuck, "target-mounted"));
	/* Without a descriptor an empty path is no file, not the working directory. */
	check(mnttuck_set_source(tuck, AT_FDCWD, "", MNTTUCK_BIND) == -ENOENT);
}

/* ---- rules and clones ---- */

static void skipped_rules(void)
{
	const struct mnttuck_check *rule = NULL;
	int skipped = 0;

	NEEDS_CLONES;
	NEW_TUCK;
	check(mnttuck_skip_rule(tuck, "no-such-rule") == -ENOENT);
	check(mnttuck_skip_rule(tuck, "target-mounted") == -EPERM);
	check_or_return(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	check_or_return(mount_new("old", "/srv/old") && mount_new("moved", "/srv/moved"));
	check(mount(NULL, "/srv/moved", NULL, MS_SHARED, NULL) == 0);
	check(mnttuck_set_target(tuck, AT_FDCWD, "/srv/old") == 0);
	check(mnttuck_set_source(tuck, AT_FDCWD, "/srv/moved", MNTTUCK_MOVE) == 0);
	check(mnttuck_check(tuck) == -EINVAL && is_refused_by(tuck, "source-private"));
	check(mnttuck_skip_rule(tuck, "source-private") == 0);
	check(mnttuck_check(tuck) == 0 && !mnttuck_get_refusal(tuck));
	while ((rule = mnttuck_next_check(tuck, rule)))
		skipped += strcmp(mnttuck_check_text(rule, MNTTUCK_RULE), "source-private") == 0 &&
			   mnttuck_check_verdict(rule) == MNTTUCK_NOT_APPLICABLE;
	check(skipped == 1);
	check(mnttuck_attach(tuck) == 0);
	clean("/srv/old");
	clean("/srv/moved");
	check(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) == 0);
}

/* Whether what is mounted on the source later shows on the clone that was tucked. */
static bool follows_source(enum mnttuck_rules rules, int keeps)
{
	_cleanup_(cleanup_tuck) struct mnttuck *tuck = NULL;
	bool follows;

	mkdir("/srv/source/sub", 0755);
	if (!mount_new("old", "/srv/old") || mnttuck_new(&tuck) < 0)
		return false;
	mnttuck_set_rules(tuck, rules);
	if (keeps >= 0)
		check(mnttuck_keep_groups(tuck, keeps) == 0);
	mnttuck_set_target(tuck, AT_FDCWD, "/srv/old");
	mnttuck_set_source(tuck, AT_FDCWD, "/srv/source", MNTTUCK_BIND);
	check(mnttuck_attach(tuck) == 0);
	umount2("/srv/old", MNT_DETACH);
	mount("later", "/srv/source/sub", "tmpfs", 0, NULL);
	close(creat("/srv/source/sub/later", 0644));
	follows = access("/srv/old/sub/later", F_OK) == 0;
	umount2("/srv/source/sub", MNT_DETACH);
	clean("/srv/old");
	return follows;
}

static void kept_groups(void)
{
	NEEDS_CLONES;
	check_or_return(mount_new("source", "/srv/source"));
	check(!follows_source(MNTTUCK_STRICT, -1));
	check(follows_source(MNTTUCK_STRICT, 1));
	check(follows_source(MNTTUCK_KERNEL, -1));
	check(!follows_source(MNTTUCK_KERNEL, 0));
	clean("/srv/source");
}

/* Not by unshare(2), which a process with threads can't use for that: a sanitizer may have some.
 * Returns the process, which keeps the namespace until it is killed. */
static pid_t start_in_user_namespace(void)
{
	struct clone_args arguments = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	pid_t child = (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));

	if (child == 0)
		for (;;)
			pause();
	return child;
}

/* A user namespace in which user 0 is 4000. Returns a descriptor. */
static int make_mapping(void)
{
	pid_t child = start_in_user_namespace();
	char path[64];
	int r, namespace;

	if (child < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/uid_map", child);
	r = open(path, O_WRONLY | O_CLOEXEC);
	check(write(r, "0 4000 1000", 11) == 11);
	close(r);
	snprintf(path, sizeof(path), "/proc/%d/gid_map", child);
	r = open(path, O_WRONLY | O_CLOEXEC);
	check(write(r, "0 4000 1000", 11) == 11);
	close(r);
	snprintf(path, sizeof(path), "/proc/%d/ns/user", child);
	namespace = open(path, O_RDONLY | O_CLOEXEC);
	end_service(child);
	return namespace;
}

static int refuse_first(void *times)
{
	return (*(int *)times)++ == 0;
}

/* @is_tree: the source is a tree that the caller made, and the first attempt is cancelled. */
static void attach_mapped(bool is_tree)
{
	_cleanup_close_ int namespace = make_mapping(), tree = -1;
	struct stat st = {0};
	int r, times = 0;

	NEW_TUCK;
	check_or_return(namespace >= 0);
	check_or_return(mount_new("old", "/srv/old") && mount_new("source", "/srv/source"));
	tree = kernel_open_tree(AT_FDCWD, "/srv/source", OPEN_TREE_CLONE);
	check(mnttuck_set_idmapping(tuck, -1, 0) == -EBADF);
	check(mnttuck_set_idmapping(tuck, namespace, 0) == 0);
	check(mnttuck_set_target(tuck, AT_FDCWD, "/srv/old") == 0);
	check(mnttuck_set_confirm(tuck, is_tree ? refuse_first : NULL, &times) == 0);
	r = is_tree ? mnttuck_set_source_tree(tuck, tree, "a tree")
		    : mnttuck_set_source(tuck, AT_FDCWD, "/srv/source", MNTTUCK_BIND);
	check(r == 0);
	r = mnttuck_attach(tuck);
	if (r == -EINVAL && !mnttuck_get_refusal(tuck)) {
		skip("this kernel has no idmapped tmpfs");
	} else {
		check(!is_tree || (r == -ECANCELED && (r = mnttuck_attach(tuck)) == 0));
		check(r == 0 && mnttuck_set_idmapping(tuck, namespace, 0) == -EALREADY);
		umount2("/srv/old", MNT_DETACH);
		check(stat("/srv/old", &st) == 0 && st.st_uid == 4000);
	}
	clean("/srv/old");
	clean("/srv/source");
}

static void idmapped(void)
{
	NEEDS_CLONES;
	attach_mapped(/* is_tree= */ false);
}

static void idmapped_tree(void)
{
	NEEDS_CLONES;
	attach_mapped(/* is_tree= */ true);
}

/* ---- another namespace ---- */

static void *wait_for_end(void *end)
{
	char byte;

	return read(*(int *)end, &byte, 1) < 0 ? end : NULL;
}

static void in_namespace(void)
{
	_cleanup_close_ int namespace = -1, not_one = -1;
	struct stat before, after;
	pthread_t thread;
	char path[64];
	pid_t service;
	int ends[2], r;

	NEEDS_CLONES;
	NEW_TUCK;
	check_or_return(mount_new("old", "/srv/old"));
	mkdir("/srv/new", 0755);
	close(creat("/srv/new/there", 0644));
	service = start_service(MS_PRIVATE);
	check_or_return(service > 0 && pipe2(ends, O_CLOEXEC) == 0);
	/* A second thread, so that no thread of this process may enter a mount namespace. */
	check_or_return(pthread_create(&thread, NULL, wait_for_end, &ends[0]) == 0);
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", service);
	namespace = open(path, O_RDONLY | O_CLOEXEC);
	not_one = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	check(stat("/proc/thread-self/ns/mnt", &before) == 0);
	check(mnttuck_set_namespace(tuck, not_one) == -EINVAL);
	check(mnttuck_set_namespace(tuck, namespace) == 0);
	check(mnttuck_set_namespace(tuck, namespace) == -EBUSY);
	check(mnttuck_set_operations(tuck, MNTTUCK_TUCK | MNTTUCK_REVEAL) == 0);
	check(mnttuck_set_target(tuck, AT_FDCWD, "/srv/old") == 0);
	check(mnttuck_set_source(tuck, AT_FDCWD, "/srv/new", MNTTUCK_MOVE) == -EINVAL);
	check(mnttuck_set_source(tuck, AT_FDCWD, "/srv/new", MNTTUCK_BIND) == 0);
	check(mnttuck_check(tuck) == 0 && mnttuck_explain(tuck) == 0);
	check(mnttuck_plan(tuck) == 0 && count_places(tuck, MNTTUCK_AFFECTED, service) == 1);
	check(mnttuck_attach(tuck) == 0);
	check(mnttuck_find(tuck, MNTTUCK_STACK) == 0);
	check(count_places(tuck, MNTTUCK_FOUND, service) == 2);
	r = mnttuck_reveal(tuck);
	check(r == 0);
	check(is_in_service(service, "/srv/old/there"));
	check(access("/srv/old/there", F_OK) < 0);
	check(stat("/proc/thread-self/ns/mnt", &after) == 0 && after.st_ino == before.st_ino);
	close(ends[1]);
	pthread_join(thread, NULL);
	close(ends[0]);
	end_service(service);
	clean("/srv/old");
}

/* ---- questions ---- */

/* A watch on which nothing has happened yet. The mounts of other programs are reported, too, so it
 * is tried again. */
static int watch_quietly(struct mnttuck *tuck)
{
	for (int tries = 0; tries < 100; tries++) {
		int watch = mnttuck_watch(tuck);
		struct pollfd changed = {.fd = watch, .events = POLLIN};

		if (watch < 0 || poll(&changed, 1, 0) == 0)
			return watch;
		close(watch);
	}
	return -EBUSY;
}

static void finds_versions(void)
{
	const struct mnttuck_place *place, *last = NULL;
	bool is_gone = false;
	int watch, kept = 0;
	struct pollfd changed;
	pid_t service;

	NEEDS_CLONES;
	NEW_TUCK;
	check(mnttuck_find(tuck, MNTTUCK_STACK) == -EINVAL);
	check_or_return(mount_new("old", "/opt"));
	mkdir("/srv/new", 0755);
	/* The service does not receive, so it keeps the old version. */
	service = start_service(MS_PRIVATE);
	check_or_return(service > 0);
	check(mnttuck_set_operations(tuck, MNTTUCK_TUCK | MNTTUCK_REVEAL) == 0);
	check(mnttuck_set_target(tuck, AT_FDCWD, "/opt") == 0);
	check(mnttuck_set_source(tuck, AT_FDCWD, "/srv/new", MNTTUCK_BIND) == 0);
	check(mnttuck_find(tuck, MNTTUCK_NEW) == -ENOENT);
	check(mnttuck_find(tuck, (enum mnttuck_find)9) == -EINVAL);
	watch = watch_quietly(tuck);
	check(watch >= 0);
	changed = (struct pollfd){.fd = watch, .events = POLLIN};
	check(mnttuck_find(tuck, MNTTUCK_OLD) == 0);
	check(count_places(tuck, MNTTUCK_FOUND, getpid()) == 1);
	check(count_places(tuck, MNTTUCK_FOUND, service) == 1);
	check(mnttuck_attach(tuck) == 0);
	check(poll(&changed, 1, 0) == 1 && changed.revents & POLLIN);
	check(mnttuck_find(tuck, MNTTUCK_NEW) == 0);
	check(count_places(tuck, MNTTUCK_FOUND, getpid()) == 1);
	check(mnttuck_find(tuck, MNTTUCK_STACK) == 0);
	check(count_places(tuck, MNTTUCK_FOUND, 0) == 2);
	for (place = NULL; (place = mnttuck_next_place(tuck, place));)
		last = place;
	check_or_return(last);
	check_string(mnttuck_place_text(last, MNTTUCK_SHOWS), "old");
	check_string(mnttuck_place_text(last, MNTTUCK_TARGET), "/opt");
	check(!mnttuck_place_text(last, (enum mnttuck_place_text)99));
	check(mnttuck_place_number(last, MNTTUCK_IS_VISIBLE) == 1);
	check(mnttuck_place_number(last, (enum mnttuck_place_number)99) == 0);
	/* The reveal names the service that keeps it; that is no failure that is not told. */
	kept = mnttuck_reveal(tuck);
	check(kept >= 1 && mnttuck_get_outcome(tuck) && mnttuck_get_outcome_error(tuck) == 0);
	check(count_places(tuck, MNTTUCK_LEFT, service) == 1);
	check(mnttuck_find(tuck, MNTTUCK_OLD) == 0);
	check(count_places(tuck, MNTTUCK_FOUND, service) == 1);
	check(count_places(tuck, MNTTUCK_FOUND, getpid()) == 0);
	/* Wait for the service to end. */
	watch = mnttuck_watch(tuck);
	check(watch >= 0);
	end_service(service);
	changed = (struct pollfd){.fd = watch, .events = POLLIN};
	check(poll(&changed, 1, 10000) == 1);
	/* The watch has kept its namespace. */
	check(mnttuck_watch(tuck) >= 0);
	/* Others who read namespaces may keep its namespace for a moment. */
	for (int tries = 0; tries < 100 && !is_gone; tries++) {
		check(mnttuck_find(tuck, MNTTUCK_OLD) == 0);
		is_gone = count_places(tuck, MNTTUCK_FOUND, 0) == 0;
		if (!is_gone)
			usleep(50000);
	}
	check(is_gone);
	clean("/opt");
}

/* ---- the rest ---- */

static void note_line(void *data, const char *line)
{
	if (strstr(line, "attached as mount "))
		++*(int *)data;
}

static void logs(void)
{
	int lines = 0;

	NEEDS_CLONES;
	NEW_TUCK;
	check_or_return(mount_new("old", "/srv/old"));
	check(mnttuck_set_log(tuck, note_line, &lines) == 0);
	check(mnttuck_set_target(tuck, AT_FDCWD, "/srv/old") == 0);
	check(mnttuck_set_source(tuck, AT_FDCWD, "/srv", MNTTUCK_BIND) == 0);
	check(mnttuck_attach(tuck) == 0 && lines == 1);
	clean("/srv/old");
}

static void version(void)
{
	check_string(mnttuck_version(), PACKAGE_VERSION);
}

static void refusal_texts(void)
{
	const struct mnttuck_refusal *refusal;

	NEEDS_CLONES;
	NEW_TUCK;
	check_or_return(mount_new("old", "/srv/old"));
	check(mnttuck_set_target(tuck, AT_FDCWD, "/srv/old") == 0);
	check(mnttuck_set_source(tuck, AT_FDCWD, "/dev/null", MNTTUCK_BIND) == 0);
	check(mnttuck_attach(tuck) == -EINVAL);
	refusal = mnttuck_get_refusal(tuck);
	check_or_return(refusal);
	check(mnttuck_refusal_error(refusal) == -EINVAL);
	check_string(mnttuck_refusal_text(refusal, MNTTUCK_OBJECT), "/dev/null");
	check(!mnttuck_refusal_text(refusal, MNTTUCK_DETAIL));
	check(!mnttuck_get_outcome(tuck) && !mnttuck_get_outcome_error(tuck));
	clean("/srv/old");
}

static const struct tap_test tests[] = {
	{"target and source are descriptors alone; the new mount has ids and a descriptor",
		by_descriptors},
	{"files are, too", files_by_descriptors},
	{"what is no descriptor is refused", no_descriptor},
	{"a rule of ours is skipped by its id, a rule of the kernel's is not", skipped_rules},
	{"whether a clone keeps its groups is apart from the choice of rules", kept_groups},
	{"the new mount is idmapped by a user namespace", idmapped},
	{"a tree that the caller made is idmapped once, however often it is tried", idmapped_tree},
	{"a program with threads works in another mount namespace, and stays in its own",
		in_namespace},
	{"the stack, the old and the new version are found, and a descriptor tells of changes",
		finds_versions},
	{"the log is told what is done", logs},
	{"the version is told", version},
	{"a refusal has its texts, and no outcome", refusal_texts},
};

TAP_MAIN(tests)
