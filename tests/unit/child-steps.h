/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * child-steps: operations of the public API that have children, and the steps of these children:
 * the system calls by which they enter a namespace or change mounts. A test that includes this does
 * something at one step after the other. Functions of the C library are replaced here.
 */
#pragma once

#include "libmnttuck.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attach.h"
#include "fixture.h"
#include "kernel.h"
#include "tap.h"
#include "util.h"

/* Shared with the children. */
static struct {
	pid_t caller; /* of the library; whose children it is about */
	int left;     /* steps until at_step() is called; 0: it is not */
	bool is_before;
	bool has_allocated; /* a child has asked for memory */
	pid_t reached;	    /* the child that has come to that step; 0: none */
} * life;

/* By the test that includes this: what a child does before that step, or right after it. */
static void at_step(void);

/* Another thread of the caller can have held the allocator's lock when the child was made. With a
 * sanitizer the allocator is the sanitizer's. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void *__libc_malloc(size_t size); /* glibc's own, by its other name */

void *malloc(size_t size)
{
	if (life && getpid() != life->caller)
		life->has_allocated = true;
	return __libc_malloc(size);
}
#endif

/* Whether at_step() is to be called at the end of the step that begins. */
static bool begin_step(void)
{
	bool is_last = life && getpid() != life->caller && life->left && --life->left == 0;

	if (is_last)
		life->reached = getpid();
	if (is_last && life->is_before)
		at_step();
	return is_last && !life->is_before;
}

static int end_step(bool is_last, long result)
{
	if (is_last)
		at_step();
	return (int)result;
}

#define STEP(call)                                                                                 \
	bool is_last = begin_step();                                                               \
	return end_step(is_last, call)

int move_mount(int from, const char *from_path, int to, const char *to_path, unsigned int flags)
{
	STEP(syscall(SYS_move_mount, from, from_path, to, to_path, flags));
}

/* Before Linux 6.15 nothing can be cloned from a detached mount, as the caller does. */
static bool is_older;

int open_tree(int directory, const char *path, unsigned int flags)
{
	if (is_older && getpid() == life->caller && flags & (unsigned int)AT_RECURSIVE) {
		errno = EINVAL;
		return -1;
	}
	STEP(syscall(SYS_open_tree, directory, path, flags));
}

int mount_setattr(
	int directory, const char *path, unsigned int flags, struct mount_attr *attr, size_t size)
{
	STEP(syscall(SYS_mount_setattr, directory, path, flags, attr, size));
}

int umount2(const char *path, int flags)
{
	STEP(syscall(SYS_umount2, path, flags));
}

int setns(int fd, int type)
{
	STEP(syscall(SYS_setns, fd, type));
}

int unshare(int flags)
{
	STEP(syscall(SYS_unshare, flags));
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	STEP(syscall(SYS_sendmsg, fd, message, flags));
}

/*
 * What other programs do meanwhile would make the library look again, and the number of steps
 * another one each time. So the kernel lists no namespaces here, and no other processes than these
 * are seen. To read the namespace of the service, a child has to enter it.
 */
static pid_t service;

#define HIDES_NAMESPACES true
#include "hidden-namespaces.h"

struct dirent *readdir(DIR *directory)
{
	static struct dirent *(*real)(DIR *);
	struct dirent *entry;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "readdir");
	do
		entry = real(directory);
	while (entry && *entry->d_name >= '1' && *entry->d_name <= '9' &&
		atoi(entry->d_name) != getpid() && atoi(entry->d_name) != service);
	return entry;
}

/* ---- the operations ---- */

struct operation {
	void (*prepare)(void);
	/* Called with a struct in which nothing is set. */
	int (*run)(struct mnttuck *tuck);
	/* Whether the mounts are as they are to be after it. */
	bool (*is_done)(void);
	void (*clean)(void);
};

/* The number of mounts whose line has this in it. */
static int count_mounts(const char *part)
{
	_cleanup_free_ char *mounts = read_mounts(false);
	int count = 0;

	for (const char *at = mounts; at && (at = strstr(at, part)); at++)
		count++;
	return count;
}

static void mount_old(void)
{
	mkdir("/srv/new", 0755);
	check(mount("old", "/opt", "tmpfs", 0, NULL) == 0);
}

static void clean_opt(void)
{
	while (umount2("/opt", MNT_DETACH) == 0)
		;
}

static bool is_tucked(void)
{
	return count_mounts(" /srv/new /opt ") == 1 && count_mounts("- tmpfs old ") == 1;
}

static int tuck_new(struct mnttuck *tuck)
{
	mnttuck_set_target(tuck, AT_FDCWD, "/opt");
	mnttuck_set_source(tuck, AT_FDCWD, "/srv/new", MNTTUCK_BIND);
	return mnttuck_attach(tuck);
}

static void mount_with_submount(void)
{
	mount_old();
	mkdir("/srv/new/sub", 0755);
	check(mkdir("/opt/sub", 0755) == 0);
	check(mount("sub", "/opt/sub", "tmpfs", 0, NULL) == 0);
}

static int tuck_and_carry(struct mnttuck *tuck)
{
	mnttuck_set_operations(tuck, MNTTUCK_TUCK | MNTTUCK_CARRY);
	return tuck_new(tuck);
}

static bool is_carried(void)
{
	return is_tucked() && count_mounts("- tmpfs sub ") == 2;
}

static void mount_beneath(void)
{
	check(mount("beneath", "/opt", "tmpfs", 0, NULL) == 0);
	check(mount("old", "/opt", "tmpfs", 0, NULL) == 0);
}

static int remove_beneath(struct mnttuck *tuck)
{
	mnttuck_set_operations(tuck, MNTTUCK_REMOVE_BENEATH);
	mnttuck_set_target(tuck, AT_FDCWD, "/opt");
	return mnttuck_remove_beneath(tuck);
}

static bool is_removed(void)
{
	return count_mounts("- tmpfs beneath ") == 0 && count_mounts("- tmpfs old ") == 1;
}

/* The caller's own, so that its mounts can be looked at. */
static int reveal_there(struct mnttuck *tuck)
{
	_cleanup_close_ int own = kernel_open_own_namespace();
	int r;

	mnttuck_set_namespace(tuck, own);
	mnttuck_set_operations(tuck, MNTTUCK_REVEAL);
	mnttuck_set_target(tuck, AT_FDCWD, "/opt");
	r = mnttuck_reveal(tuck);
	check(mnttuck_is_revealed(tuck) == (r >= 0));
	return r;
}

static int reveal_exactly(struct mnttuck *tuck)
{
	mnttuck_set_operations(tuck, MNTTUCK_REVEAL | MNTTUCK_EXACT);
	mnttuck_set_target(tuck, AT_FDCWD, "/opt");
	return mnttuck_reveal(tuck);
}

static bool is_revealed(void)
{
	return count_mounts("- tmpfs beneath ") == 1 && count_mounts("- tmpfs old ") == 0;
}

static void start_one_service(void)
{
	mount_old();
	service = start_service(MS_SLAVE);
}

static int plan_all(struct mnttuck *tuck)
{
	const struct mnttuck_place *place = NULL;
	bool is_there = false;
	int r;

	mnttuck_set_target(tuck, AT_FDCWD, "/opt");
	mnttuck_set_source(tuck, AT_FDCWD, "/srv/new", MNTTUCK_BIND);
	r = mnttuck_plan(tuck);
	/* What can't be read is a place of the kind UNSEEN. */
	while ((place = mnttuck_next_place(tuck, place)))
		is_there = is_there || mnttuck_place_number(place, MNTTUCK_PID) == service;
	check(is_there);
	return r;
}

static bool is_unchanged(void)
{
	return count_mounts("- tmpfs old ") == 1 && count_mounts(" /srv/new /opt ") == 0;
}

static void end_one_service(void)
{
	end_service(service);
	service = 0;
	clean_opt();
}

static void mount_twice(void)
{
	check(mount("old", "/opt", "tmpfs", 0, NULL) == 0);
	check(mount("/opt", "/mnt", NULL, MS_BIND, NULL) == 0);
	check(mount(NULL, "/mnt", NULL, MS_PRIVATE, NULL) == 0);
}

static int join(struct mnttuck *tuck)
{
	_cleanup_close_ int from = kernel_open_path(AT_FDCWD, "/opt");
	_cleanup_close_ int to = kernel_open_path(AT_FDCWD, "/mnt");

	(void)tuck;
	return mnttuck_set_group(from, to);
}

static bool has_joined(void)
{
	return count_mounts(" / /mnt rw,relatime in a group - tmpfs old ") == 1;
}

static void unmount_both(void)
{
	umount2("/mnt", MNT_DETACH);
	clean_opt();
}

static const struct operation tucking = {mount_old, tuck_new, is_tucked, clean_opt};
static const struct operation carrying = {
	mount_with_submount, tuck_and_carry, is_carried, clean_opt};
static const struct operation removing = {mount_beneath, remove_beneath, is_removed, clean_opt};
static const struct operation revealing = {mount_beneath, reveal_there, is_revealed, clean_opt};
static const struct operation exact = {mount_beneath, reveal_exactly, is_revealed, clean_opt};
static const struct operation planning = {
	start_one_service, plan_all, is_unchanged, end_one_service};
static const struct operation joining = {mount_twice, join, has_joined, unmount_both};

/* ---- each of them ---- */

/* By the test that includes this: do that again and again, and something at each step. */
static void at_each_step(const struct operation *operation);

static void tucks_by_propagation(unsigned long propagation)
{
	NEEDS_CLONES;
	attach_use_environment();
	setenv("LIBMNTTUCK_ATTACH", "propagation", 1);
	check_or_return(mount(NULL, "/", NULL, MS_REC | propagation, NULL) == 0);
	at_each_step(&tucking);
	check(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) == 0);
	unsetenv("LIBMNTTUCK_ATTACH");
}

static void tucks_under_shared(void)
{
	tucks_by_propagation(MS_SHARED);
}

static void tucks_under_private(void)
{
	tucks_by_propagation(MS_PRIVATE);
}

static void carries(void)
{
	NEEDS_CLONES;
	is_older = true;
	at_each_step(&carrying);
	is_older = false;
}

static void needs_set_group(const struct operation *operation)
{
	NEEDS_CLONES;
	if (kernel_has_set_group() != 1) {
		skip("the kernel is older than Linux 5.15");
		return;
	}
	at_each_step(operation);
}

static void removals(void)
{
	needs_set_group(&removing);
}

static void exact_reveals(void)
{
	needs_set_group(&exact);
}

static void groups(void)
{
	needs_set_group(&joining);
}

/* The library enters the namespace by a child. */
static void reveals_in_namespace(void)
{
	NEEDS_CLONES;
	at_each_step(&revealing);
}

static void plans(void)
{
	NEEDS_CLONES;
	if (sizeof(off_t) > sizeof(long)) {
		skip("a 32-bit program calls readdir64(3), which this test does not replace");
		return;
	}
	at_each_step(&planning);
}

static void share_life(void)
{
	life = mmap(NULL, sizeof(*life), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!check(life != MAP_FAILED))
		exit(EXIT_FAILURE);
	life->caller = getpid();
}

static void end_life(void)
{
	munmap(life, sizeof(*life));
	life = NULL;
}
