/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The public API, used rightly and wrongly. */
#include "libmnttuck.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attach.h"
#include "fixture.h"
#include "tap.h"
#include "util.h"

/* A tmpfs on @path, with a file @name in it. */
static bool mount_with_file(const char *path, const char *name)
{
	char file[PATH_MAX];
	int fd;

	mkdir(path, 0755);
	if (mount("none", path, "tmpfs", 0, NULL) < 0)
		return false;
	snprintf(file, sizeof(file), "%s/%s", path, name);
	fd = creat(file, 0644);
	if (fd < 0)
		return false;
	return close(fd) == 0;
}

/* Lazily: while a struct mnttuck lives, its descriptors keep the top mount and the new one busy. */
static int unmount(const char *path)
{
	return umount2(path, MNT_DETACH);
}

static bool shows(const char *path, const char *name)
{
	char file[PATH_MAX];

	snprintf(file, sizeof(file), "%s/%s", path, name);
	return access(file, F_OK) == 0;
}

/* ---- misuse ---- */

static void free_nothing(void)
{
	mnttuck_free(NULL);
}

static void set_twice(void)
{
	NEW_TUCK;
	check(mnttuck_set_target(tuck, AT_FDCWD, "/opt") == 0);
	check(mnttuck_set_target(tuck, AT_FDCWD, "/mnt") == -EBUSY);
	check(mnttuck_set_source(tuck, AT_FDCWD, "/srv", MNTTUCK_BIND) == 0);
	check(mnttuck_set_source(tuck, AT_FDCWD, "/srv", MNTTUCK_BIND) == -EBUSY);
	check(mnttuck_set_source_tree(tuck, 0, "tree") == -EBUSY);
}

static void bad_values(void)
{
	NEW_TUCK;
	check(mnttuck_set_rules(tuck, (enum mnttuck_rules)7) == -EINVAL);
	check(mnttuck_set_rules(tuck, MNTTUCK_KERNEL) == 0);
	check(mnttuck_set_source(tuck, AT_FDCWD, "/srv", (enum mnttuck_source)9) == -EINVAL);
	check(mnttuck_set_propagation(tuck, MS_SHARED | MS_PRIVATE, 0) == -EINVAL);
	check(mnttuck_set_propagation(tuck, MS_RDONLY, 0) == -EINVAL);
	check(mnttuck_set_propagation(tuck, MS_UNBINDABLE, 1) == 0);
	check(mnttuck_set_propagation(tuck, 0, 0) == 0);
}

static void attach_incomplete(void)
{
	_cleanup_(cleanup_tuck) struct mnttuck *other = NULL;

	NEW_TUCK;
	check(mnttuck_attach(tuck) == -EINVAL);
	check(mnttuck_set_target(tuck, AT_FDCWD, "/opt") == 0);
	check(mnttuck_attach(tuck) == -EINVAL);
	check_or_return(mnttuck_new(&other) == 0);
	check(mnttuck_set_source(other, AT_FDCWD, "/srv", MNTTUCK_BIND) == 0);
	check(mnttuck_attach(other) == -EINVAL);
	check(!mnttuck_is_attached(tuck) && !mnttuck_is_attached(other));
}

static void nothing_yet(void)
{
	uint64_t unique_id;
	int id;

	NEW_TUCK;
	check(!mnttuck_get_refusal(tuck));
	check(!mnttuck_next_check(tuck, NULL) && !mnttuck_next_place(tuck, NULL));
	check(mnttuck_get_outcome_error(tuck) == 0);
	check(mnttuck_get_mount_fd(tuck) == -ENOENT);
	check(!mnttuck_get_outcome(tuck));
	check(mnttuck_get_mount_id(tuck, MNTTUCK_NEW_MOUNT, &unique_id, &id) == -ENOENT);
	check(mnttuck_get_mount_id(tuck, MNTTUCK_NEW_MOUNT, NULL, NULL) == -ENOENT);
}

static void nothing_set(void)
{
	const struct mnttuck_refusal *refusal;

	NEW_TUCK;
	check(mnttuck_set_source(tuck, AT_FDCWD, "/srv", MNTTUCK_BIND) == 0);
	mnttuck_check(tuck);
	refusal = mnttuck_get_refusal(tuck);
	if (refusal) {
		check(!mnttuck_refusal_text(refusal, MNTTUCK_MESSAGE) ||
			!strstr(mnttuck_refusal_text(refusal, MNTTUCK_MESSAGE), "(null)"));
		check(!mnttuck_refusal_text(refusal, MNTTUCK_REMEDY) ||
			!strstr(mnttuck_refusal_text(refusal, MNTTUCK_REMEDY), "(null)"));
	}
}

static void bad_source_then_good(void)
{
	int before = count_descriptors();

	{
		NEW_TUCK;
		check(mnttuck_set_source(tuck, AT_FDCWD, "/no/such", MNTTUCK_BIND) == -ENOENT);
		check(mnttuck_set_source(tuck, -1, "relative", MNTTUCK_BIND) == -EBADF);
		check(mnttuck_set_source_tree(tuck, -1, "tree") == -EBADF);
		check(mnttuck_set_source_tree(tuck, 9999, NULL) == -EBADF);
		check(mnttuck_set_source(tuck, AT_FDCWD, "/srv", MNTTUCK_RBIND) == 0);
	}
	check(count_descriptors() == before);
}

/* ---- refusals ---- */

static void refusal_fields(void)
{
	const struct mnttuck_refusal *refusal;
	const struct mnttuck_check *rule = NULL;
	size_t count = 0, refused = 0;

	NEEDS_CLONES;
	NEW_TUCK;
	mkdir("/mnt/not mounted", 0755);
	check(mnttuck_set_target(tuck, AT_FDCWD, "/mnt/not mounted") == 0);
	check(mnttuck_set_source(tuck, AT_FDCWD, "/srv", MNTTUCK_BIND) == 0);
	check(mnttuck_attach(tuck) == -EINVAL);
	check(!mnttuck_is_attached(tuck));
	refusal = mnttuck_get_refusal(tuck);
	check_or_return(refusal);
	check_string(mnttuck_refusal_text(refusal, MNTTUCK_RULE), "target-mounted");
	check_string(mnttuck_refusal_text(refusal, MNTTUCK_OBJECT), "/mnt/not mounted");
	check(mnttuck_refusal_error(refusal) == -EINVAL);
	check(mnttuck_refusal_text(refusal, MNTTUCK_MESSAGE) &&
		*mnttuck_refusal_text(refusal, MNTTUCK_MESSAGE) &&
		mnttuck_refusal_text(refusal,
			MNTTUCK_MESSAGE)[strlen(mnttuck_refusal_text(refusal, MNTTUCK_MESSAGE)) -
					 1] != '.');
	check(mnttuck_refusal_text(refusal, MNTTUCK_REMEDY) &&
		strstr(mnttuck_refusal_text(refusal, MNTTUCK_REMEDY),
			"mount --bind /srv '/mnt/not mounted'"));
	while ((rule = mnttuck_next_check(tuck, rule))) {
		count++;
		check(mnttuck_check_text(rule, MNTTUCK_RULE) &&
			mnttuck_check_text(rule, MNTTUCK_REFUSES));
		refused += mnttuck_check_verdict(rule) == MNTTUCK_REFUSED;
	}
	check(count > 10);
	check(refused == 1);
}

static void refusal_missing_target(void)
{
	NEEDS_CLONES;
	NEW_TUCK;
	check(mnttuck_set_target(tuck, AT_FDCWD, "/no/such") == 0);
	check(mnttuck_check(tuck) == -EINVAL);
	check_or_return(mnttuck_get_refusal(tuck));
	check_string(
		mnttuck_refusal_text(mnttuck_get_refusal(tuck), MNTTUCK_RULE), "target-mounted");
	/* As often as asked. */
	check(mnttuck_explain(tuck) == -EINVAL);
	check_string(mnttuck_refusal_text(mnttuck_get_refusal(tuck), MNTTUCK_OBJECT), "/no/such");
}

static void refusal_goes(void)
{
	NEEDS_CLONES;
	NEW_TUCK;
	mkdir("/mnt/later", 0755);
	check_or_return(mount_with_file("/mnt/first", "first"));
	check(mnttuck_set_target(tuck, AT_FDCWD, "/mnt/first") == 0);
	check(mnttuck_set_source(tuck, AT_FDCWD, "/dev/null", MNTTUCK_BIND) == 0);
	check(mnttuck_attach(tuck) == -EINVAL);
	check_or_return(mnttuck_get_refusal(tuck));
	check_string(mnttuck_refusal_text(mnttuck_get_refusal(tuck), MNTTUCK_RULE), "source-kind");
	check(mnttuck_explain(tuck) == -EINVAL);
	check_string(mnttuck_refusal_text(mnttuck_get_refusal(tuck), MNTTUCK_RULE), "source-kind");
}

/* ---- tucks ---- */

static void tuck_bind(void)
{
	uint64_t unique_id = 0;
	struct statvfs flags;
	struct statx stx;
	int id = 0;

	NEEDS_CLONES;
	NEW_TUCK;
	check_or_return(mount_with_file("/mnt/old", "old"));
	check_or_return(mount_with_file("/mnt/new", "new"));
	check(mnttuck_set_target(tuck, AT_FDCWD, "/mnt/old") == 0);
	check(mnttuck_set_source(tuck, AT_FDCWD, "/mnt/new", MNTTUCK_BIND) == 0);
	check(mnttuck_set_attributes(tuck, MOUNT_ATTR_RDONLY, 0, 0) == 0);
	check(mnttuck_check(tuck) == 0);
	check(!mnttuck_get_refusal(tuck));
	check_or_return(mnttuck_attach(tuck) == 0);
	check(mnttuck_is_attached(tuck));
	check(!mnttuck_get_outcome(tuck));
	check(mnttuck_get_mount_id(tuck, MNTTUCK_NEW_MOUNT, &unique_id, &id) == 0);
	check(mnttuck_attach(tuck) == -EALREADY);
	check(shows("/mnt/old", "old"));
	check(unmount("/mnt/old") == 0);
	check(shows("/mnt/old", "new"));
	check(statvfs("/mnt/old", &flags) == 0 && flags.f_flag & ST_RDONLY);
	check(statx(AT_FDCWD, "/mnt/old", 0, STATX_MNT_ID, &stx) == 0);
	check((int)stx.stx_mnt_id == id);
	check(unique_id == 0 || unique_id != (uint64_t)id);
	check(unmount("/mnt/old") == 0 && unmount("/mnt/new") == 0);
}

static void tuck_relative(void)
{
	_cleanup_close_ int directory = -1;

	NEEDS_CLONES;
	NEW_TUCK;
	check_or_return(mount_with_file("/srv/a", "a") && mount_with_file("/srv/b", "b"));
	directory = open("/srv", O_PATH | O_DIRECTORY | O_CLOEXEC);
	check(mnttuck_set_target(tuck, directory, "a") == 0);
	check(mnttuck_set_source(tuck, directory, "b/.", MNTTUCK_BIND) == 0);
	check(mnttuck_attach(tuck) == 0);
	check(unmount("/srv/a") == 0 && shows("/srv/a", "b"));
	check(unmount("/srv/a") == 0 && unmount("/srv/b") == 0);
}

static void tuck_tree(void)
{
	_cleanup_close_ int tree = -1;

	NEEDS_CLONES;
	NEW_TUCK;
	check_or_return(mount_with_file("/srv/a", "a") && mount_with_file("/srv/b", "b"));
	tree = open_tree(AT_FDCWD, "/srv/b", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	check_or_return(tree >= 0);
	check(mnttuck_set_source_tree(tuck, tree, "a tree") == 0);
	check(mnttuck_set_target(tuck, AT_FDCWD, "/srv/a") == 0);
	check(mnttuck_set_propagation(tuck, MS_UNBINDABLE, 0) == 0);
	check(mnttuck_attach(tuck) == 0);
	check(fcntl(tree, F_GETFD) >= 0);
	check(unmount("/srv/a") == 0 && shows("/srv/a", "b"));
	check(mount("/srv/a", "/mnt", NULL, MS_BIND, NULL) < 0 && errno == EINVAL);
	check(unmount("/srv/a") == 0 && unmount("/srv/b") == 0);
}

static void tuck_refused_leaves_nothing(void)
{
	int before = count_descriptors();

	NEEDS_CLONES;
	check_or_return(mount_with_file("/srv/a", "a") && mount_with_file("/srv/b", "b"));
	for (int i = 0; i < 3; i++) {
		NEW_TUCK;
		check(mnttuck_set_target(tuck, AT_FDCWD, "/srv/a") == 0);
		/* The target is the source's parent's child: refused, and again. */
		check(mnttuck_set_source(tuck, AT_FDCWD, "/", MNTTUCK_MOVE) == 0);
		check(mnttuck_attach(tuck) < 0);
		check(mnttuck_attach(tuck) < 0);
		check(!mnttuck_is_attached(tuck));
		check(mnttuck_get_refusal(tuck));
	}
	check(count_descriptors() == before);
	check(shows("/srv/a", "a"));
	check(unmount("/srv/a") == 0 && !shows("/srv/a", "b") && unmount("/srv/b") == 0);
}

static void free_without_attach(void)
{
	int before = count_descriptors();
	_cleanup_close_ int tree = -1;

	NEEDS_CLONES;
	check_or_return(mount_with_file("/srv/a", "a"));
	{
		NEW_TUCK;
		tree = open_tree(AT_FDCWD, "/srv/a", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		check(mnttuck_set_source_tree(tuck, tree, NULL) == 0);
		check(mnttuck_set_target(tuck, AT_FDCWD, "/srv/a") == 0);
		check(mnttuck_check(tuck) == 0);
	}
	check(count_descriptors() == before + 1);
	check(unmount("/srv/a") == 0);
	check(!shows("/srv/a", "a"));
}

/* ---- in a program with threads ---- */

#define THREADS 4
#define ROUNDS	10

static volatile sig_atomic_t children_ended;

static void note_child(int signal)
{
	(void)signal;
	children_ended = children_ended + 1;
}

/* Each tucks @ROUNDS new mounts at a place of its own, and reveals each. */
static void *tuck_in_thread(void *argument)
{
	static __thread char target[64], source[64];
	long number = (long)argument;
	long failures = 0;

	snprintf(target, sizeof(target), "/srv/target-%ld", number);
	snprintf(source, sizeof(source), "/srv/source-%ld", number);
	for (int round = 0; round < ROUNDS; round++) {
		struct mnttuck *tuck;

		if (mnttuck_new(&tuck) < 0)
			return (void *)-1;
		if (mnttuck_set_target(tuck, AT_FDCWD, target) < 0 ||
			mnttuck_set_source(tuck, AT_FDCWD, source, MNTTUCK_BIND) < 0 ||
			mnttuck_attach(tuck) < 0 || umount2(target, MNT_DETACH) < 0 ||
			!shows(target, "new"))
			failures++;
		mnttuck_free(tuck);
	}
	return (void *)failures;
}

static void threads(void)
{
	struct sigaction action = {.sa_handler = note_child}, old;
	pthread_t running[THREADS];
	char path[64];
	int before;

	NEEDS_CLONES;
	check_or_return(sigaction(SIGCHLD, &action, &old) == 0);
	for (int i = 0; i < THREADS; i++) {
		snprintf(path, sizeof(path), "/srv/target-%d", i);
		check_or_return(mount_with_file(path, "old"));
		snprintf(path, sizeof(path), "/srv/source-%d", i);
		check_or_return(mount_with_file(path, "new"));
	}
	before = count_descriptors();
	for (long i = 0; i < THREADS; i++)
		check_or_return(pthread_create(&running[i], NULL, tuck_in_thread, (void *)i) == 0);
	for (int i = 0; i < THREADS; i++) {
		void *failures = NULL;

		check(pthread_join(running[i], &failures) == 0 && !failures);
	}
	check(count_descriptors() == before);
	check(children_ended == 0);
	check(waitpid(-1, NULL, __WALL) < 0 && errno == ECHILD);
	sigaction(SIGCHLD, &old, NULL);
	for (int i = 0; i < THREADS; i++) {
		snprintf(path, sizeof(path), "/srv/target-%d", i);
		while (unmount(path) == 0)
			;
		snprintf(path, sizeof(path), "/srv/source-%d", i);
		check(unmount(path) == 0);
	}
}

/* Whether the mount at "/" is shared or a slave. */
static bool root_propagates(void)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/self/mountinfo", "re");
	char line[4096];
	bool found = false;

	while (file && fgets(line, sizeof(line), file)) {
		char *tags = strstr(line, " / / ");

		if (tags && (strstr(tags, " shared:") || strstr(tags, " master:")))
			found = true;
	}
	return found;
}

static void threads_by_propagation(void)
{
	/* One parent for all of them, which each makes a slave for a moment. */
	NEEDS_CLONES;
	attach_use_environment();
	check_or_return(setenv("LIBMNTTUCK_ATTACH", "propagation", 1) == 0);
	check_or_return(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	threads();
	check(!root_propagates());
	check(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) == 0);
	threads();
	unsetenv("LIBMNTTUCK_ATTACH");
}

static void way_is_told(void)
{
	NEEDS_CLONES;
	NEW_TUCK;
	check(mnttuck_get_way(tuck) == MNTTUCK_NOT_ATTACHED);
	attach_use_environment();
	check_or_return(setenv("LIBMNTTUCK_ATTACH", "propagation", 1) == 0);
	check_or_return(mount_with_file("/mnt", "old") && mkdir("/srv/way", 0755) == 0);
	check(mnttuck_set_target(tuck, AT_FDCWD, "/mnt") == 0);
	check(mnttuck_set_source(tuck, AT_FDCWD, "/srv/way", MNTTUCK_BIND) == 0);
	check(mnttuck_attach(tuck) == 0);
	check(mnttuck_get_way(tuck) == MNTTUCK_BY_PROPAGATION);
	unsetenv("LIBMNTTUCK_ATTACH");
	unmount("/mnt");
	unmount("/mnt");
}

static const struct tap_test tests[] = {
	{"freeing nothing does nothing", free_nothing},
	{"a target or a source that is set twice is -EBUSY", set_twice},
	{"values that have no meaning are -EINVAL", bad_values},
	{"attaching without a target or a source is -EINVAL", attach_incomplete},
	{"before anything was done there is nothing to report", nothing_yet},
	{"a check without a target names nothing that was not given", nothing_set},
	{"a source that can't be opened leaves room for another, and no descriptor",
		bad_source_then_good},
	{"a refusal says rule, object, reason, remedy and error, and the checks agree",
		refusal_fields},
	{"a target that does not exist is refused by every check", refusal_missing_target},
	{"a file beneath a directory is refused", refusal_goes},
	{"a bind is tucked with its attributes, has an id, and is attached once", tuck_bind},
	{"target and source may be relative to a directory", tuck_relative},
	{"a detached tree is tucked, stays open, and gets the propagation that was asked for",
		tuck_tree},
	{"a refused move, tried twice, leaves mounts and descriptors as they were",
		tuck_refused_leaves_nothing},
	{"a tuck that is freed unattached leaves the caller's tree alone", free_without_attach},
	{"threads tuck at once, without a signal, a child or a descriptor left", threads},
	{"by propagation they do, too, and their parent is what it was", threads_by_propagation},
	{"how it was attached is told", way_is_told},
};

TAP_MAIN(tests)
