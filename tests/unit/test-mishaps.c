/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The public API where something goes wrong: memory is short, a move is refused, the environment
 * has a wish; test-killed.c kills the library's children. Functions of the C library are replaced
 * here to make it so.
 */
#include "libmnttuck.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "attach.h"
#include "fixture.h"
#include "kernel.h"
#include "tap.h"
#include "util.h"

static bool refuses_moves;

int move_mount(int from, const char *from_path, int to, const char *to_path, unsigned int flags)
{
	if (refuses_moves && from >= 0) {
		errno = EINVAL;
		return -1;
	}
	return (int)syscall(SYS_move_mount, from, from_path, to, to_path, flags);
}

static int clone_error; /* what a clone fails with; 0: it does not */

int open_tree(int directory, const char *path, unsigned int flags)
{
	if (clone_error && flags & OPEN_TREE_CLONE) {
		errno = clone_error;
		return -1;
	}
	return (int)syscall(SYS_open_tree, directory, path, flags);
}

/* Somebody else has locked the file of the mount namespace, and nobody sleeps. */
static bool lock_is_foreign;
static int lock_tries;

int flock(int fd, int operation)
{
	lock_tries++;
	if (lock_is_foreign) {
		errno = EWOULDBLOCK;
		return -1;
	}
	return (int)syscall(SYS_flock, fd, operation);
}

int nanosleep(const struct timespec *time, struct timespec *left)
{
	return lock_is_foreign ? 0 : (int)syscall(SYS_nanosleep, time, left);
}

static int copies_left = INT_MAX; /* of strings, until memory is short */

char *strdup(const char *text)
{
	char *copy = copies_left-- > 0 ? malloc(strlen(text) + 1) : NULL;

	return copy ? strcpy(copy, text) : NULL;
}

static void by_propagation(bool yes)
{
	attach_use_environment();
	if (yes)
		setenv("LIBMNTTUCK_ATTACH", "propagation", 1);
	else
		unsetenv("LIBMNTTUCK_ATTACH");
}

static int count_lines(const char *path, const char *part)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	char line[4096];
	int count = 0;

	while (file && fgets(line, sizeof(line), file))
		count += strstr(line, part) != NULL;
	return count;
}

static int count_mounts(const char *part)
{
	return count_lines("/proc/self/mountinfo", part);
}

static void clean(const char *path)
{
	while (umount2(path, MNT_DETACH) == 0)
		;
}

/* ---- sources ---- */

static void attached_tree(void)
{
	_cleanup_free_ char *before = NULL, *after = NULL;
	_cleanup_close_ int fd = -1;

	NEEDS_CLONES;
	NEW_TUCK;
	mkdir("/srv/mounted", 0755);
	check_or_return(mount("mounted", "/srv/mounted", "tmpfs", 0, NULL) == 0);
	before = read_mounts(true);
	fd = open("/srv/mounted", O_PATH | O_CLOEXEC);
	check(mnttuck_set_source_tree(tuck, fd, "mounted") == -EINVAL);
	after = read_mounts(true);
	check_string(after, before);
	/* There is room for another source. */
	check(mnttuck_set_source(tuck, AT_FDCWD, "/srv", MNTTUCK_BIND) == 0);
	clean("/srv/mounted");
}

/* A mount of another mount namespace is attached, too. */
static void foreign_tree(void)
{
	_cleanup_close_ int fd = -1;
	pid_t service;
	char path[64];

	NEEDS_CLONES;
	NEW_TUCK;
	mkdir("/srv/mounted", 0755);
	check_or_return(mount("old", "/opt", "tmpfs", 0, NULL) == 0);
	check_or_return(mount("mounted", "/srv/mounted", "tmpfs", 0, NULL) == 0);
	check_or_return(mount(NULL, "/srv/mounted", NULL, MS_SHARED, NULL) == 0);
	service = start_service(MS_SHARED);
	check_or_return(service > 0);
	snprintf(path, sizeof(path), "/proc/%d/root/srv/mounted", service);
	fd = open(path, O_PATH | O_CLOEXEC);
	check(fd >= 0);
	check(mnttuck_set_target(tuck, AT_FDCWD, "/opt") == 0);
	check(mnttuck_set_source_tree(tuck, fd, "mounted") < 0 || mnttuck_attach(tuck) < 0);
	check(!mnttuck_is_attached(tuck) && count_mounts(" - tmpfs mounted ") == 1);
	snprintf(path, sizeof(path), "/proc/%d/mountinfo", service);
	check(count_lines(path, " /srv/mounted rw,relatime shared:") == 1);
	end_service(service);
	clean("/srv/mounted");
	clean("/opt");
}

static unsigned long flags_of(const char *path)
{
	struct statvfs st;

	return statvfs(path, &st) == 0 ? st.f_flag & (ST_RDONLY | ST_NOSUID | ST_NOEXEC) : ~0UL;
}

static void refused_move(void)
{
	int before;

	NEEDS_CLONES;
	check_or_return(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	mkdir("/srv/moved", 0755);
	check_or_return(mount("moved", "/srv/moved", "tmpfs", MS_NOSUID, NULL) == 0);
	check_or_return(mount("old", "/opt", "tmpfs", 0, NULL) == 0);
	before = count_descriptors();
	refuses_moves = true;
	{
		NEW_TUCK;
		check(mnttuck_set_target(tuck, AT_FDCWD, "/opt") == 0);
		check(mnttuck_set_source(tuck, AT_FDCWD, "/srv/moved", MNTTUCK_MOVE) == 0);
		check(mnttuck_set_attributes(tuck, MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, 1) == 0);
		check(mnttuck_set_attributes(tuck, MOUNT_ATTR_NOEXEC, 0, 0) == 0);
		for (int i = 0; i < 3; i++) {
			check(mnttuck_attach(tuck) < 0);
			check(flags_of("/srv/moved") == ST_NOSUID);
		}
		check(count_descriptors() == before + 3);
		/* An attribute that the kernel does not know is refused after the others are set.
		 */
		check(mnttuck_set_attributes(tuck, 1ULL << 40, 0, 0) == 0);
		check(mnttuck_attach(tuck) < 0);
		check(flags_of("/srv/moved") == ST_NOSUID);
	}
	refuses_moves = false;
	check(count_descriptors() == before);
	clean("/srv/moved");
	clean("/opt");
	check(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) == 0);
}

/* A clone is made anew for each attempt, so it has the attributes that are asked for now. */
static void attributes_asked_later(void)
{
	NEEDS_CLONES;
	NEW_TUCK;
	check_or_return(mount("old", "/opt", "tmpfs", 0, NULL) == 0);
	mkdir("/srv/later", 0755);
	check(mnttuck_set_target(tuck, AT_FDCWD, "/opt") == 0);
	check(mnttuck_set_source(tuck, AT_FDCWD, "/srv/later", MNTTUCK_BIND) == 0);
	check(mnttuck_set_attributes(tuck, MOUNT_ATTR_RDONLY, 0, 1) == 0);
	check(mnttuck_set_attributes(tuck, 1ULL << 40, 0, 0) == 0);
	check(mnttuck_attach(tuck) == -EINVAL && !mnttuck_get_refusal(tuck));
	check(mnttuck_set_attributes(tuck, MOUNT_ATTR_NOEXEC, 0, 0) == 0);
	check(mnttuck_set_attributes(tuck, 0, 0, 1) == 0);
	check(mnttuck_attach(tuck) == 0);
	check(mnttuck_set_attributes(tuck, MOUNT_ATTR_RDONLY, 0, 0) == -EALREADY);
	check(mnttuck_set_propagation(tuck, MS_PRIVATE, 0) == -EALREADY);
	check(umount2("/opt", MNT_DETACH) == 0);
	check(flags_of("/opt") == (ST_NOEXEC | (flags_of("/srv") & ~(unsigned long)ST_NOEXEC)));
	clean("/opt");
}

/* An idmapping needs a descriptor of a user namespace; 0 would be taken for it. */
static void idmapping(void)
{
	NEW_TUCK;
	check(mnttuck_set_attributes(tuck, MOUNT_ATTR_IDMAP, 0, 0) == -EINVAL);
	check(mnttuck_set_attributes(tuck, 0, MOUNT_ATTR_IDMAP, 1) == -EINVAL);
}

static void moved_file(void)
{
	NEEDS_CLONES;
	NEW_TUCK;
	by_propagation(true);
	check_or_return(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	close(creat("/srv/file-a", 0644));
	close(creat("/srv/file-b", 0644));
	close(creat("/srv/place", 0644));
	check_or_return(mount("/srv/file-a", "/srv/place", NULL, MS_BIND, NULL) == 0);
	check_or_return(mount("/srv/file-b", "/srv/file-b", NULL, MS_BIND, NULL) == 0);
	check(mnttuck_set_target(tuck, AT_FDCWD, "/srv/place") == 0);
	check(mnttuck_set_source(tuck, AT_FDCWD, "/srv/file-b", MNTTUCK_MOVE) == 0);
	check(mnttuck_attach(tuck) == 0 && !mnttuck_get_outcome(tuck));
	check(count_mounts(" /srv/file-b /srv/file-b ") == 0);
	check(count_mounts(" /srv/file-b /srv/place ") == 1);
	clean("/srv/place");
	clean("/srv/file-b");
	by_propagation(false);
	check(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) == 0);
}

/* ---- the rest ---- */

static void clone_refused(void)
{
	NEEDS_CLONES;
	NEW_TUCK;
	check_or_return(mount("old", "/opt", "tmpfs", 0, NULL) == 0);
	check(mnttuck_set_target(tuck, AT_FDCWD, "/opt") == 0);
	check(mnttuck_set_source(tuck, AT_FDCWD, "/srv", MNTTUCK_BIND) == 0);
	/* The last error of a system call is another one. */
	check(fcntl(-1, F_GETFD) < 0 && errno == EBADF);
	clone_error = EACCES;
	check(mnttuck_attach(tuck) == -EACCES && !mnttuck_get_refusal(tuck));
	clone_error = 0;
	check(mnttuck_attach(tuck) == 0);
	clean("/opt");
}

/* The verdict of a rule that is left to the kernel until it has refused. */
static enum mnttuck_verdict verdict_of(struct mnttuck *tuck, const char *rule)
{
	const struct mnttuck_check *each = NULL;

	while ((each = mnttuck_next_check(tuck, each)))
		if (strcmp(mnttuck_check_text(each, MNTTUCK_RULE), rule) == 0)
			return mnttuck_check_verdict(each);
	return MNTTUCK_REFUSED;
}

static void error_of_earlier_attempt(void)
{
	NEEDS_CLONES;
	if (kernel_has_beneath() != 1) {
		skip("by propagation nothing is left to the kernel");
		return;
	}
	NEW_TUCK;
	check_or_return(mount("old", "/opt", "tmpfs", 0, NULL) == 0);
	check(mnttuck_set_rules(tuck, MNTTUCK_KERNEL) == 0);
	check(mnttuck_set_target(tuck, AT_FDCWD, "/opt") == 0);
	check(mnttuck_set_source(tuck, AT_FDCWD, "/srv", MNTTUCK_BIND) == 0);
	check(mnttuck_check(tuck) == 0 && verdict_of(tuck, "target-root") == MNTTUCK_UNCHECKED);
	refuses_moves = true;
	check(mnttuck_attach(tuck) == -EINVAL && verdict_of(tuck, "target-root") == MNTTUCK_OK);
	refuses_moves = false;
	/* That the kernel has refused an earlier attempt is no reason to ask more. */
	check(mnttuck_check(tuck) == 0 && verdict_of(tuck, "target-root") == MNTTUCK_UNCHECKED);
	check(mnttuck_attach(tuck) == 0);
	clean("/opt");
}

static void foreign_lock(void)
{
	enum { ONE_WAIT = 2000 };

	NEEDS_CLONES;
	NEW_TUCK;
	by_propagation(true);
	check_or_return(mount("old", "/opt", "tmpfs", 0, NULL) == 0);
	check(mnttuck_set_operations(tuck, MNTTUCK_TUCK | MNTTUCK_REVEAL) == 0);
	check(mnttuck_set_target(tuck, AT_FDCWD, "/opt") == 0);
	check(mnttuck_set_source(tuck, AT_FDCWD, "/srv", MNTTUCK_BIND) == 0);
	lock_is_foreign = true;
	lock_tries = 0;
	check(mnttuck_check(tuck) == 0 && mnttuck_plan(tuck) == 0 && mnttuck_attach(tuck) == 0);
	check(mnttuck_reveal(tuck) == 0);
	lock_is_foreign = false;
	check(lock_tries > 0 && lock_tries <= ONE_WAIT);
	by_propagation(false);
	clean("/opt");
}

static void target_without_memory(void)
{
	const struct mnttuck_refusal *refusal;

	NEW_TUCK;
	copies_left = 1;
	check(mnttuck_set_target(tuck, AT_FDCWD, "/opt") == -ENOMEM);
	copies_left = INT_MAX;
	mnttuck_check(tuck);
	refusal = mnttuck_get_refusal(tuck);
	check(!refusal || !strstr(mnttuck_refusal_text(refusal, MNTTUCK_MESSAGE), "(null)"));
	check(mnttuck_set_target(tuck, AT_FDCWD, "/opt") == 0);
}

static void errno_is_kept(void)
{
	_cleanup_(cleanup_tuck) struct mnttuck *reveal = NULL;
	struct mnttuck *tuck = NULL;

	NEEDS_CLONES;
	check_or_return(mount("old", "/opt", "tmpfs", 0, NULL) == 0);
	mkdir("/srv/errno", 0755);
#define KEEPS_ERRNO(call) (errno = ENOTTY, (void)(call), errno == ENOTTY)
	check(KEEPS_ERRNO(mnttuck_new(&tuck)));
	check(KEEPS_ERRNO(mnttuck_set_source(tuck, AT_FDCWD, "/no/such", MNTTUCK_BIND)));
	check(KEEPS_ERRNO(mnttuck_set_source(tuck, AT_FDCWD, "/srv/errno", MNTTUCK_BIND)));
	check(KEEPS_ERRNO(mnttuck_set_source_tree(tuck, -1, NULL)));
	check(KEEPS_ERRNO(mnttuck_set_target(tuck, AT_FDCWD, "/opt")));
	check(KEEPS_ERRNO(mnttuck_check(tuck)));
	check(KEEPS_ERRNO(mnttuck_explain(tuck)));
	check(KEEPS_ERRNO(mnttuck_plan(tuck)));
	check(KEEPS_ERRNO(mnttuck_attach(tuck)));
	check(mnttuck_is_attached(tuck));
	check(KEEPS_ERRNO(mnttuck_free(tuck)));
	check_or_return(mnttuck_new(&reveal) == 0);
	mnttuck_set_operations(reveal, MNTTUCK_REVEAL);
	mnttuck_set_target(reveal, AT_FDCWD, "/opt");
	check(KEEPS_ERRNO(mnttuck_reveal(reveal)));
	check(mnttuck_is_revealed(reveal));
	clean("/opt");
}

/* To be called before attach_use_environment(). */
static void environment_ignored(void)
{
	NEEDS_CLONES;
	if (kernel_has_beneath() != 1) {
		skip("the kernel has one way alone");
		return;
	}
	NEW_TUCK;
	check_or_return(mount("old", "/opt", "tmpfs", 0, NULL) == 0);
	setenv("LIBMNTTUCK_ATTACH", "propagation", 1);
	check(mnttuck_set_target(tuck, AT_FDCWD, "/opt") == 0);
	check(mnttuck_set_source(tuck, AT_FDCWD, "/srv", MNTTUCK_BIND) == 0);
	check(mnttuck_attach(tuck) == 0);
	check(mnttuck_get_way(tuck) == MNTTUCK_BY_FLAG);
	unsetenv("LIBMNTTUCK_ATTACH");
	clean("/opt");
}

/* Tuck and reveal in a mount namespace of this thread's own. */
static void *work_in_own_namespace(void *way)
{
	struct mnttuck *tuck = NULL;
	int r = -1;

	if (unshare(CLONE_FS | CLONE_NEWNS) < 0 ||
		mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
		mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) < 0 ||
		mount("thread", "/opt", "tmpfs", 0, NULL) < 0 || mnttuck_new(&tuck) < 0)
		return "preparation";
	mnttuck_set_operations(tuck, MNTTUCK_TUCK | MNTTUCK_REVEAL);
	mnttuck_set_target(tuck, AT_FDCWD, "/opt");
	mnttuck_set_source(tuck, AT_FDCWD, "/srv/thread", MNTTUCK_BIND);
	r = mnttuck_plan(tuck);
	r = r < 0 ? r : mnttuck_attach(tuck);
	r = r < 0 ? r : mnttuck_reveal(tuck);
	if (mnttuck_get_way(tuck) != *(enum mnttuck_way *)way)
		r = -1;
	mnttuck_free(tuck);
	return r == 0 && access("/opt/there", F_OK) == 0 ? NULL : "tuck";
}

static void thread_with_namespace(enum mnttuck_way way)
{
	_cleanup_free_ char *before = NULL, *after = NULL;
	pthread_t thread;
	void *failure = NULL;

	mkdir("/srv/thread", 0755);
	close(creat("/srv/thread/there", 0644));
	before = read_mounts(true);
	check_or_return(pthread_create(&thread, NULL, work_in_own_namespace, &way) == 0);
	pthread_join(thread, &failure);
	check_string(failure, NULL);
	after = read_mounts(true);
	check_string(after, before);
}

static void threads_with_namespaces(void)
{
	NEEDS_CLONES;
	if (kernel_has_beneath() == 1)
		thread_with_namespace(MNTTUCK_BY_FLAG);
	by_propagation(true);
	thread_with_namespace(MNTTUCK_BY_PROPAGATION);
	by_propagation(false);
}

static const struct tap_test tests[] = {
	{"the environment does not choose how a program attaches", environment_ignored},
	{"a mount that is attached is no tree to attach, and stays as it is", attached_tree},
	{"a mount of another namespace is none either", foreign_tree},
	{"a move that is refused, three times, leaves flags and descriptors as they were",
		refused_move},
	{"attributes that are asked for after a failure are the only ones; after the tuck it is "
	 "too late",
		attributes_asked_later},
	{"an idmapping without a user namespace is -EINVAL", idmapping},
	{"a file that is moved by propagation is no longer where it was", moved_file},
	{"a clone that is refused fails with the kernel's own error", clone_refused},
	{"what the kernel refused once does not count for a later check", error_of_earlier_attempt},
	{"a lock that somebody else keeps is waited for once", foreign_lock},
	{"a target for which memory was short can be set again", target_without_memory},
	{"errno is the caller's", errno_is_kept},
	{"a thread with a mount namespace of its own works in that, either way",
		threads_with_namespaces},
};

TAP_MAIN(tests)
