/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A mount namespace is read by a child that enters it, and the caller notices no child. */
#include "namespace-read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "kernel.h"
#include "namespaces-change.h"
#include "namespaces.h"
#include "snapshot.h"
#include "tap.h"
#include "util.h"

/* A namespace of which only a descriptor is known, so that only a child can read it. It has a mount
 * that the caller's namespace lacks. */
static int make_namespace(void)
{
	int ends[2], fd;
	pid_t child;
	char path[64];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	child = fork();
	if (child == 0) {
		_exit(unshare(CLONE_NEWNS) < 0 ||
			mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
			mount("only-there", "/mnt", "tmpfs", 0, NULL) < 0 ||
			write(ends[1], "", 1) != 1 || pause());
	}
	close(ends[1]);
	fd = read(ends[0], path, 1) == 1 ? 0 : -1;
	close(ends[0]);
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", child);
	fd = fd < 0 ? fd : open(path, O_RDONLY | O_CLOEXEC);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return fd;
}

/* Read the namespace @fd; the error, or the number of its mounts with the target /mnt. */
static int read_namespace(int fd)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	struct table_text text = {0};
	struct mntns mntns = {0};
	struct mount *mount;
	int r = namespace_read_full(&mntns, fd, /* with_unique_ids= */ true, &text, &snapshot);

	if (r == 0)
		snapshot_for_each (mount, snapshot)
			r += strcmp(mount_target(mount), "/mnt") == 0;
	free(text.data);
	return r;
}

#define NEEDS_NAMESPACES                                                                           \
	NEEDS_MOUNT_IDS;                                                                           \
	if (under_valgrind()) {                                                                    \
		skip("valgrind 3.19 has no clone3(2)");                                            \
		return;                                                                            \
	}

static volatile sig_atomic_t signals, forks;

static void note_signal(int signal)
{
	(void)signal;
	signals = signals + 1;
}

static void note_fork(void)
{
	forks = forks + 1;
}

static void unnoticed(void)
{
	struct sigaction action = {.sa_handler = note_signal}, old;
	_cleanup_close_ int fd = -1;
	int before;

	NEEDS_NAMESPACES;
	fd = make_namespace();
	check_or_return(fd >= 0);
	check_or_return(pthread_atfork(note_fork, note_fork, note_fork) == 0);
	sigaction(SIGCHLD, &action, &old);
	before = count_descriptors();
	signals = forks = 0;
	for (int i = 0; i < 3; i++)
		check(read_namespace(fd) == 1);
	check(signals == 0 && forks == 0);
	check(count_descriptors() == before);
	check(waitpid(-1, NULL, __WALL) < 0 && errno == ECHILD);
	sigaction(SIGCHLD, &old, NULL);
}

static void signal_ignored(void)
{
	struct sigaction action = {.sa_handler = SIG_IGN}, old;
	_cleanup_close_ int fd = -1;

	NEEDS_NAMESPACES;
	fd = make_namespace();
	check_or_return(fd >= 0);
	sigaction(SIGCHLD, &action, &old);
	check(read_namespace(fd) == 1);
	sigaction(SIGCHLD, &old, NULL);
}

/* The error of a namespace that can't be entered is setns(2)'s. */
static void not_a_namespace(void)
{
	_cleanup_close_ int fd = -1;
	int before;

	NEEDS_NAMESPACES;
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	before = count_descriptors();
	check(read_namespace(fd) == -EINVAL);
	check(count_descriptors() == before);
}

/* Refuse clone3(2) with @error, as filters of containers do. */
static int refuse_clone3(unsigned int error)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = 4, .filter = filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void clone3_refused(void)
{
	static const unsigned int errors[] = {EPERM, ENOSYS};

	NEEDS_NAMESPACES;
	for (size_t i = 0; i < ELEMENTS(errors); i++) {
		_cleanup_close_ int fd = make_namespace();
		int status = -1;
		pid_t child;

		check_or_return(fd >= 0);
		child = fork();
		if (child == 0)
			_exit(refuse_clone3(errors[i]) == 0 ? read_namespace(fd) : 99);
		check(waitpid(child, &status, 0) == child);
		check(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	}
}

/* Count the namespaces where only descriptors below @limit can be opened. Returns the count's
 * error; 1 if every namespace was counted, or 0. */
static int count_with_limit(struct namespaces *namespaces, rlim_t limit)
{
	struct rlimit before, now;
	int r;

	if (getrlimit(RLIMIT_NOFILE, &before) < 0)
		return -errno;
	now = (struct rlimit){.rlim_cur = limit, .rlim_max = before.rlim_max};
	if (setrlimit(RLIMIT_NOFILE, &now) < 0)
		return -errno;
	r = namespaces_count(namespaces);
	setrlimit(RLIMIT_NOFILE, &before);
	for (size_t i = 0; i < namespaces->count && r >= 0; i++)
		if (!namespaces->list[i].counted)
			return 0;
	return r < 0 ? r : 1;
}

static void counted_or_error(void)
{
	struct namespaces *namespaces = NULL;
	int lowest, r, errors = 0;
	pid_t service;

	NEEDS_NAMESPACES;
	lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);
	close(lowest);
	service = start_service(MS_SLAVE);
	check_or_return(service > 0 && namespaces_read(&namespaces) == 0);
	if (!namespaces->list[0].id || namespaces->walk_error) {
		skip("the kernel does not list the mount namespaces here");
	} else {
		check(namespaces->count > 1);
		for (rlim_t limit = (rlim_t)lowest; limit < (rlim_t)lowest + 4; limit++) {
			r = count_with_limit(namespaces, limit);
			check(r == 1 || r == -EMFILE);
			errors += r < 0;
		}
		check(errors > 0 && r == 1);
	}
	namespaces_free(namespaces);
	end_service(service);
}

static const struct tap_test tests[] = {
	{"reading a namespace sends no SIGCHLD, calls no fork handler, leaves no descriptor",
		unnoticed},
	{"a namespace is read in a program that ignores SIGCHLD", signal_ignored},
	{"what can't be entered is an error, and leaves no descriptor", not_a_namespace},
	{"a namespace is read where a filter refuses clone3", clone3_refused},
	{"a namespace that can't be counted is an error, and not a namespace that has gone",
		counted_or_error},
};

TAP_MAIN(tests)
