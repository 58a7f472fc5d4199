/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Others mount and unmount between two calls of the library, and between the library's decision and
 * its act. Functions of the C library are replaced here, so that something can be mounted
 * exactly then.
 */
#include "libmnttuck.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "kernel.h"
#include "tap.h"
#include "util.h"

/* Called once, at the next call of one of the functions below. */
static void (*meddle)(void);
static int proc_scans, tables_read;

static void meddle_once(void)
{
	void (*now)(void) = meddle;

	meddle = NULL;
	if (now)
		now();
}

/* The library clones the source after the rules. */
int open_tree(int directory, const char *path, unsigned int flags)
{
	meddle_once();
	return (int)syscall(SYS_open_tree, directory, path, flags);
}

/* The library looks for changes right before the act. */
int poll(struct pollfd *fds, nfds_t count, int milliseconds)
{
	static int (*real)(struct pollfd *, nfds_t, int);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "poll");
	if (milliseconds == 0)
		meddle_once();
	return real(fds, count, milliseconds);
}

/* The library searches /proc for the processes of namespaces. */
DIR *fdopendir(int fd)
{
	static DIR *(*real)(int);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "fdopendir");
	proc_scans++;
	meddle_once();
	return real(fd);
}

/* The library reads mountinfo. */
FILE *fdopen(int fd, const char *mode)
{
	static FILE *(*real)(int, const char *);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "fdopen");
	tables_read++;
	return real(fd, mode);
}

/* The kernel lists no namespaces. */
static bool hide_namespaces;

int ioctl(int fd, unsigned long request, ...)
{
	static int (*real)(int fd, unsigned long request, ...);
	va_list list;
	void *argument;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "ioctl");
	va_start(list, request);
	argument = va_arg(list, void *);
	va_end(list);
	if (hide_namespaces && _IOC_TYPE(request) == 0xb7 && _IOC_NR(request) > 10) {
		errno = EPERM;
		return -1;
	}
	return real(fd, request, argument);
}

static struct mnttuck *new_tuck(const char *source)
{
	struct mnttuck *tuck;

	if (mnttuck_new(&tuck) < 0)
		return NULL;
	mnttuck_set_target(tuck, AT_FDCWD, "/opt");
	mnttuck_set_source(tuck, AT_FDCWD, source, MNTTUCK_BIND);
	return tuck;
}

/* The directory that the mount on /opt covers, shown at /mnt/alias in the peer group of /: what is
 * tucked at /opt lands on top there. */
static void show_alias(void)
{
	mount("/", "/srv/bare", NULL, MS_BIND, NULL);
	mount("/srv/bare/opt", "/mnt/alias", NULL, MS_BIND, NULL);
	umount2("/srv/bare", MNT_DETACH);
}

static void mount_over_opt(void)
{
	mount("over", "/opt", "tmpfs", 0, NULL);
}

static bool prepare(void)
{
	mkdir("/srv/bare", 0755);
	mkdir("/srv/one", 0755);
	mkdir("/srv/two", 0755);
	return mount("old", "/opt", "tmpfs", 0, NULL) == 0 &&
	       mount("elsewhere", "/mnt", "tmpfs", 0, NULL) == 0 &&
	       mount(NULL, "/mnt", NULL, MS_PRIVATE, NULL) == 0 && mkdir("/mnt/alias", 0755) == 0;
}

static void clean(void)
{
	umount2("/mnt", MNT_DETACH);
	while (umount2("/opt", MNT_DETACH) == 0)
		;
}

/* The number of mounts whose line in mountinfo has this in it. */
static int count_mounts(const char *part)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/self/mountinfo", "re");
	char line[4096];
	int count = 0;

	while (file && fgets(line, sizeof(line), file))
		count += strstr(line, part) != NULL;
	return count;
}

static bool is_refused_by(const struct mnttuck *tuck, const char *rule)
{
	const struct mnttuck_refusal *refusal = mnttuck_get_refusal(tuck);

	return refusal && strcmp(mnttuck_refusal_text(refusal, MNTTUCK_RULE), rule) == 0;
}

static void after_check(void)
{
	_cleanup_(cleanup_tuck) struct mnttuck *tuck = NULL;

	NEEDS_CLONES;
	check_or_return(prepare());
	tuck = new_tuck("/srv/one");
	check_or_return(tuck);
	check(mnttuck_check(tuck) == 0);
	show_alias();
	check(mnttuck_attach(tuck) == -EINVAL && is_refused_by(tuck, "receiver-propagates"));
	check(!mnttuck_is_attached(tuck) && count_mounts("/srv/one") == 0);
	/* And once more, when the reason is gone. */
	umount2("/mnt/alias", MNT_DETACH);
	check(mnttuck_attach(tuck) == 0 && count_mounts("/srv/one") == 1);
	check(!mnttuck_get_refusal(tuck));
	clean();
}

static void tucked_meanwhile(void)
{
	_cleanup_(cleanup_tuck) struct mnttuck *tuck = NULL, *other = NULL;

	NEEDS_CLONES;
	check_or_return(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 && prepare());
	tuck = new_tuck("/srv/one");
	other = new_tuck("/srv/two");
	check_or_return(tuck && other);
	check(mnttuck_check(tuck) == 0);
	check(mnttuck_attach(other) == 0);
	check(mnttuck_attach(tuck) == 0);
	check(!mnttuck_get_outcome(tuck));
	clean();
	check(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) == 0);
}

static void between_rules_and_tuck(void)
{
	_cleanup_(cleanup_tuck) struct mnttuck *tuck = NULL;

	NEEDS_CLONES;
	check_or_return(prepare());
	tuck = new_tuck("/srv/one");
	check_or_return(tuck);
	meddle = show_alias;
	check(mnttuck_attach(tuck) == -EINVAL && is_refused_by(tuck, "receiver-propagates"));
	check(!meddle && count_mounts("/srv/one") == 0);
	clean();
}

static pid_t service;

/* Unmount or mount at /opt in the service's namespace. */
static bool change_in_service(bool is_unmount)
{
	pid_t child = fork();
	char path[64];
	int fd, status;

	if (child == 0) {
		snprintf(path, sizeof(path), "/proc/%d/ns/mnt", service);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		_exit(setns(fd, CLONE_NEWNS) < 0 ||
			(is_unmount ? umount2("/opt", 0)
				    : mount("cover", "/opt", "tmpfs", 0, NULL)) < 0);
	}
	return waitpid(child, &status, 0) == child && status == 0;
}

static void uncover_in_service(void)
{
	check(change_in_service(/* is_unmount= */ true));
}

/* The service's copy of /opt receives from the group of /. What the service has mounted over it
 * keeps the new mount from landing on top; then it goes. */
static void gone_between(void)
{
	_cleanup_(cleanup_tuck) struct mnttuck *tuck = NULL;

	NEEDS_CLONES;
	check_or_return(prepare());
	umount2("/opt", MNT_DETACH);
	check(mount("/opt", "/opt", NULL, MS_BIND, NULL) == 0);
	service = start_service(MS_SLAVE);
	check_or_return(service > 0);
	check(mount(NULL, "/opt", NULL, MS_PRIVATE, NULL) == 0);
	check(mount(NULL, "/opt", NULL, MS_SHARED, NULL) == 0);
	check(change_in_service(/* is_unmount= */ false));
	tuck = new_tuck("/srv/one");
	check_or_return(tuck && mnttuck_check(tuck) == 0);
	meddle = uncover_in_service;
	check(mnttuck_attach(tuck) == -EINVAL && is_refused_by(tuck, "receiver-propagates"));
	check(!meddle && count_mounts("/srv/one") == 0);
	end_service(service);
	clean();
}

static struct mnttuck *new_reveal(void)
{
	struct mnttuck *tuck = new_tuck("/srv/one");
	struct mnttuck *reveal;

	if (!tuck || mnttuck_attach(tuck) < 0 || mnttuck_new(&reveal) < 0)
		return NULL;
	mnttuck_free(tuck);
	mnttuck_set_operations(reveal, MNTTUCK_REVEAL);
	mnttuck_set_target(reveal, AT_FDCWD, "/opt");
	return reveal;
}

static void reveal_without_words(void)
{
	_cleanup_(cleanup_tuck) struct mnttuck *reveal = NULL;
	int for_namespaces;
	NEEDS_CLONES;
	check_or_return(prepare());
	service = start_service(MS_SLAVE);
	check_or_return(service > 0);
	reveal = new_reveal();
	check_or_return(reveal);
	/* Where the kernel does not list namespaces, the processes tell which there are. */
	proc_scans = 0;
	check(mnttuck_check(reveal) == 0);
	for_namespaces = proc_scans;
	proc_scans = 0;
	check(mnttuck_reveal(reveal) == 0);
	check(!mnttuck_get_outcome(reveal));
	/* Before, and to verify where mounts have no unique ids. */
	check(proc_scans <= 2 * for_namespaces);
	end_service(service);
	clean();
}

static void between_rules_and_reveal(void)
{
	_cleanup_(cleanup_tuck) struct mnttuck *reveal = NULL;

	NEEDS_CLONES;
	check_or_return(prepare());
	reveal = new_reveal();
	check_or_return(reveal);
	meddle = mount_over_opt;
	check(mnttuck_reveal(reveal) < 0);
	check(!meddle && !mnttuck_is_revealed(reveal) && mnttuck_get_refusal(reveal));
	check(count_mounts(" - tmpfs over ") == 1 && count_mounts(" - tmpfs old ") == 1);
	clean();
}

/* In a pid namespace not every mount namespace can be found. */
static void unchecked_refuses(void)
{
	_cleanup_(cleanup_tuck) struct mnttuck *tuck = NULL, *reveal = NULL;

	NEEDS_CLONES;
	check_or_return(prepare());
	tuck = new_tuck("/srv/one");
	check_or_return(tuck);
	hide_namespaces = true;
	check(mnttuck_refuse_unchecked(tuck, 1) == 0);
	check(mnttuck_check(tuck) == -EINVAL && is_refused_by(tuck, "receiver-propagates"));
	check(strstr(mnttuck_refusal_text(mnttuck_get_refusal(tuck), MNTTUCK_MESSAGE),
		"can't be checked: "));
	check(mnttuck_attach(tuck) == -EINVAL && count_mounts("/srv/one") == 0);
	check(mnttuck_refuse_unchecked(tuck, 0) == 0);
	check(mnttuck_attach(tuck) == 0);
	hide_namespaces = false;
	check_or_return(mnttuck_new(&reveal) == 0);
	check(mnttuck_set_operations(reveal, MNTTUCK_REVEAL) == 0);
	check(mnttuck_set_target(reveal, AT_FDCWD, "/opt") == 0);
	check(mnttuck_refuse_unchecked(reveal, 1) == 0);
	hide_namespaces = true;
	check(mnttuck_reveal(reveal) == -EINVAL && is_refused_by(reveal, "reveal-propagates"));
	check(mnttuck_set_operations(reveal, MNTTUCK_REVEAL | MNTTUCK_FORCE) == 0);
	check(mnttuck_reveal(reveal) == 0);
	hide_namespaces = false;
	clean();
}

/* mountinfo is slow to read where a namespace has many slaves. */
static void no_table_for_propagation(void)
{
	_cleanup_(cleanup_tuck) struct mnttuck *tuck = NULL;
	uint64_t unique_id = 0;

	NEEDS_CLONES;
	check_or_return(prepare());
	check_or_return(mnttuck_new(&tuck) == 0);
	check(mnttuck_set_target(tuck, AT_FDCWD, "/opt") == 0);
	check(mnttuck_set_source(tuck, AT_FDCWD, "/mnt", MNTTUCK_RBIND) == 0);
	check(mnttuck_set_propagation(tuck, MS_SHARED, 1) == 0);
	check_or_return(mount("below", "/mnt/alias", "tmpfs", 0, NULL) == 0);
	tables_read = 0;
	check(mnttuck_attach(tuck) == 0 && !mnttuck_get_outcome(tuck));
	mnttuck_get_mount_id(tuck, MNTTUCK_NEW_MOUNT, &unique_id, NULL);
	if (unique_id && mnttuck_get_way(tuck) == MNTTUCK_BY_FLAG)
		check(tables_read == 0);
	clean();
}

/* How often all namespaces were read, as the log says. */
static int readings;

static void count_readings(void *unused, const char *line)
{
	(void)unused;
	readings += strstr(line, "have been read") != NULL;
}

static void shared_world(void)
{
	static const char *const targets[] = {"/opt", "/srv/two"};
	struct mnttuck_world *world;
	struct mnttuck *tucks[2];
	struct kernel_namespace info;
	_cleanup_close_ int own = kernel_open_own_namespace();

	NEEDS_CLONES;
	check_or_return(prepare());
	check_or_return(mount("other", "/srv/two", "tmpfs", 0, NULL) == 0);
	service = start_service(MS_SLAVE);
	check_or_return(mnttuck_world_new(&world) == 0);
	for (int i = 0; i < 2; i++) {
		check_or_return(mnttuck_new(&tucks[i]) == 0);
		check(mnttuck_set_world(tucks[i], world) == 0);
		mnttuck_set_log(tucks[i], count_readings, NULL);
		mnttuck_set_operations(tucks[i], MNTTUCK_TUCK | MNTTUCK_REVEAL);
		mnttuck_set_target(tucks[i], AT_FDCWD, targets[i]);
		mnttuck_set_source(tucks[i], AT_FDCWD, "/srv/one", MNTTUCK_BIND);
	}
	for (int i = 0; i < 2; i++)
		check(mnttuck_check(tucks[i]) == 0);
	for (int i = 0; i < 2; i++)
		check(mnttuck_attach(tucks[i]) == 0);
	for (int i = 0; i < 2; i++) {
		check(mnttuck_reveal(tucks[i]) == 0);
		check(!mnttuck_get_outcome(tucks[i]));
	}
	/* Where a namespace has no id (before Linux 6.12) nothing can be kept. */
	if (kernel_namespace_info(own, &info) == 0)
		/* A mount namespace of another program may have come meanwhile. */
		check(readings == 1 || readings == 2);
	for (int i = 0; i < 2; i++)
		mnttuck_free(tucks[i]);
	mnttuck_world_free(world);
	mnttuck_world_free(NULL);
	end_service(service);
	umount2("/srv/two", MNT_DETACH);
	clean();
}

/* A service takes away what covers the alias there. No mount comes or goes by that. */
static void moved_in_service(void)
{
	int ready[2], go[2];
	char byte;
	pid_t child;

	NEEDS_CLONES;
	check_or_return(prepare());
	show_alias();
	check_or_return(umount2("/opt", MNT_DETACH) == 0);
	check_or_return(mount("old", "/opt", "tmpfs", 0, NULL) == 0);
	check_or_return(pipe2(ready, O_CLOEXEC) == 0 && pipe2(go, O_CLOEXEC) == 0);
	child = fork();
	if (child == 0)
		_exit(unshare(CLONE_NEWNS) < 0 ||
			mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
			write(ready[1], "", 1) != 1 || read(go[0], &byte, 1) != 1 ||
			mount("/mnt/alias", "/srv/bare", NULL, MS_MOVE, NULL) < 0 ||
			write(ready[1], "", 1) != 1 || pause());
	check_or_return(read(ready[0], &byte, 1) == 1);
	{
		_cleanup_(cleanup_tuck) struct mnttuck *tuck = new_tuck("/srv/one");

		check_or_return(tuck && mnttuck_check(tuck) == 0);
		check(write(go[1], "", 1) == 1 && read(ready[0], &byte, 1) == 1);
		check(mnttuck_attach(tuck) == -EINVAL &&
			is_refused_by(tuck, "receiver-propagates"));
	}
	close(ready[0]);
	close(ready[1]);
	close(go[0]);
	close(go[1]);
	end_service(child);
	clean();
}

/* Answers with the number that @data points to, and counts down. */
static int answer(void *data)
{
	return (*(int *)data)--;
}

static void confirmed(void)
{
	_cleanup_(cleanup_tuck) struct mnttuck *tuck = NULL;
	int refusals = 1;

	NEEDS_CLONES;
	check_or_return(prepare());
	tuck = new_tuck("/srv/one");
	check_or_return(tuck);
	mnttuck_set_operations(tuck, MNTTUCK_TUCK | MNTTUCK_REVEAL);
	check(mnttuck_set_confirm(tuck, answer, &refusals) == 0);
	check(mnttuck_check(tuck) == 0 && refusals == 1);
	check(mnttuck_attach(tuck) == -ECANCELED && refusals == 0);
	check(!mnttuck_is_attached(tuck) && !mnttuck_get_refusal(tuck));
	check(count_mounts("/srv/one") == 0);
	check(mnttuck_attach(tuck) == 0);
	refusals = 1;
	check(mnttuck_reveal(tuck) == -ECANCELED && !mnttuck_is_revealed(tuck));
	check(mnttuck_reveal(tuck) == 0 && refusals == -1);
	clean();
}

static const struct tap_test tests[] = {
	{"what was mounted since the check is seen by attach, also when it is gone again",
		after_check},
	{"a tuck between check and attach is no disturbance", tucked_meanwhile},
	{"what is mounted after the rules and before the act is seen", between_rules_and_tuck},
	{"what is unmounted there is seen", gone_between},
	{"a reveal with nothing to tell does not search /proc for words", reveal_without_words},
	{"what is mounted over the top after the rules is not unmounted instead",
		between_rules_and_reveal},
	{"what is unchecked refuses a tuck and a reveal, if the caller says so, and not with force",
		unchecked_refuses},
	{"the caller is asked right before mounts change, and can say no", confirmed},
	{"operations that share a world read the namespaces once, and then what has changed",
		shared_world},
	{"what a service has moved since the check is seen by attach", moved_in_service},
	{"the propagation of a tree is set without a read of mountinfo", no_table_for_propagation},
};

TAP_MAIN(tests)
