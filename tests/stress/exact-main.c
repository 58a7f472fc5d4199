/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stress-exact FORM TARGET VERSION MARKER SECONDS REVEALS: reveals at TARGET while others mount
 * there.
 *
 * Eight processes tuck clones of VERSION and reveal what they have looked at, if that is a version:
 * in the operation that has tucked, or in one of its own. One process mounts clones of MARKER over
 * the top, another on the top's directory "child". Each unmounts its mount itself, by a descriptor,
 * and so notices if it is gone. MARKER is of another filesystem than VERSION.
 *
 * With the FORM "exact" the reveals are exact, with "plain" they are not.
 *
 * It ends when SECONDS have passed and so many REVEALS were made, and prints a line of numbers:
 * reveals that came right after a tuck, other reveals, mounts over the top, mounts on it, how many
 * of both were taken, and how many reveals succeeded although the top mount is still there.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel.h"
#include "libmnttuck.h"
#include "util.h"

/* The others' mounts stay for a short time and come back after a longer one, because the rules
 * refuse while they are there. AT_ONCE is the priority of the processes that mount, so that they do
 * not wait for a processor. */
enum { REVEALERS = 8, HOLD_US = 300, PAUSE_US = 8000, AT_ONCE = -15 };

/* With so many mounts more than at the start nobody tucks: each reveal reads the whole stack. */
enum { HIGH = 8 };
static size_t mounts_at_start;

/* Shared by all processes; each number has one kind of process that adds to it. */
static struct counts {
	unsigned long after_tucks, reveals, over, on, taken_over, taken_on, untrue;
} * counts;

static bool is_exact;
static const char *target, *version;
static int marker;
static dev_t version_device;
static time_t end;
static unsigned long wanted;

static bool goes_on(void)
{
	unsigned long done = __atomic_load_n(&counts->reveals, __ATOMIC_RELAXED) +
			     __atomic_load_n(&counts->after_tucks, __ATOMIC_RELAXED);

	return time(NULL) < end || done < wanted;
}

static size_t count_mounts(void)
{
	_cleanup_free_ uint64_t *ids = NULL;
	size_t count = 0;

	kernel_listmount(/* namespace_id= */ 0, &ids, &count);
	return count;
}

static bool is_high(void)
{
	return count_mounts() > mounts_at_start + HIGH;
}

static void add(unsigned long *number)
{
	__atomic_add_fetch(number, 1, __ATOMIC_RELAXED);
}

static void pause_for(unsigned int microseconds)
{
	nanosleep(&(struct timespec){.tv_nsec = random() % (long)microseconds * 1000}, NULL);
}

/* ---- those who reveal ---- */

/* Whether the file is one of a version. */
static bool is_version(int file)
{
	struct stat st;

	return fstatat(file, "", &st, AT_EMPTY_PATH) == 0 && st.st_dev == version_device;
}

/* Without these rules the kernel alone decides what goes, and most reveals are tried while others
 * have mounts there. The control needs them: it would take all. */
static void skip_rules(struct mnttuck *tuck)
{
	static const char *const skipped[] = {
		"reveal-propagates", "reveal-children", "reveal-incomplete", "reveal-answers"};

	for (size_t i = 0; i < ELEMENTS(skipped) && is_exact; i++)
		mnttuck_skip_rule(tuck, skipped[i]);
}

static void tuck_and_reveal(struct mnttuck *tuck, int top, unsigned int operations)
{
	unsigned long *done = operations & MNTTUCK_TUCK ? &counts->after_tucks : &counts->reveals;
	struct mount_identity identity;

	if (is_exact && operations & MNTTUCK_REVEAL)
		operations |= MNTTUCK_EXACT;
	if (kernel_identify(top, "", AT_EMPTY_PATH, &identity) < 0 ||
		mnttuck_set_operations(tuck, operations) < 0 ||
		mnttuck_set_target(tuck, top, "") < 0)
		return;
	if (operations & MNTTUCK_TUCK) {
		int r = mnttuck_set_source(tuck, AT_FDCWD, version, MNTTUCK_BIND);

		if (r < 0 || mnttuck_attach(tuck) != 0)
			return;
	}
	/* 1: it was unmounted, but somebody else has mounted or unmounted there meanwhile */
	if (!(operations & MNTTUCK_REVEAL) || mnttuck_reveal(tuck) < 0)
		return;
	add(done);
	if (kernel_has_mount(identity.unique_id, 0) != 0)
		add(&counts->untrue);
}

static void run_revealer(void)
{
	static const unsigned int choice[] = {
		MNTTUCK_TUCK, MNTTUCK_REVEAL, MNTTUCK_REVEAL, MNTTUCK_TUCK | MNTTUCK_REVEAL};

	while (goes_on()) {
		_cleanup_close_ int top = kernel_open_path(AT_FDCWD, target);
		struct mnttuck *tuck;

		if (top < 0 || !is_version(top) || mnttuck_new(&tuck) < 0)
			continue;
		skip_rules(tuck);
		tuck_and_reveal(tuck, top,
			is_high() ? MNTTUCK_REVEAL : choice[(size_t)random() % ELEMENTS(choice)]);
		mnttuck_free(tuck);
	}
}

/* ---- those who mount ---- */

/* Mount a clone of the marker on @at for a moment. Nobody else mounts on it, and nobody else is to
 * unmount it: then the unmount finds it where it was. */
static void mount_for_a_moment(int at, unsigned long *mounted, unsigned long *taken)
{
	_cleanup_close_ int tree = kernel_open_tree(marker, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
	char path[32];

	if (tree < 0 || kernel_set_attributes(tree, false, 0, 0, MS_PRIVATE) < 0 ||
		kernel_move_mount(tree, at, 0) < 0)
		return;
	add(mounted);
	pause_for(HOLD_US);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", tree);
	if (umount2(path, MNT_DETACH) < 0)
		add(taken);
}

static void run_over(void)
{
	while (goes_on()) {
		_cleanup_close_ int top = kernel_open_path(AT_FDCWD, target);

		if (top >= 0)
			mount_for_a_moment(top, &counts->over, &counts->taken_over);
		pause_for(PAUSE_US);
	}
}

static void run_on(void)
{
	while (goes_on()) {
		_cleanup_close_ int top = kernel_open_path(AT_FDCWD, target);
		_cleanup_close_ int child =
			top >= 0 && is_version(top) ? kernel_open_path(top, "child") : -1;

		/* A directory of the version itself, not of another mount on it. */
		if (child >= 0 && is_version(child))
			mount_for_a_moment(child, &counts->on, &counts->taken_on);
		pause_for(PAUSE_US);
	}
}

/* @nice: its priority (setpriority(2)). */
static pid_t start(void (*run)(void), unsigned int number, int nice)
{
	pid_t pid = fork();

	if (pid == 0) {
		setpriority(PRIO_PROCESS, 0, nice);
		srandom((unsigned int)getppid() + number);
		run();
		_exit(EXIT_SUCCESS);
	}
	return pid;
}

int main(int argc, char **argv)
{
	struct stat st;

	if (argc != 7)
		return EXIT_FAILURE;
	is_exact = strcmp(argv[1], "exact") == 0;
	target = argv[2];
	version = argv[3];
	marker = kernel_open_path(AT_FDCWD, argv[4]);
	end = time(NULL) + atol(argv[5]);
	wanted = strtoul(argv[6], NULL, 10);
	counts = mmap(
		NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (marker < 0 || counts == MAP_FAILED || stat(version, &st) < 0)
		return EXIT_FAILURE;
	version_device = st.st_dev;
	mounts_at_start = count_mounts();
	for (unsigned int i = 0; i < REVEALERS; i++)
		start(run_revealer, i, 0);
	start(run_over, REVEALERS, AT_ONCE);
	start(run_on, REVEALERS + 1, AT_ONCE);
	while (wait(NULL) > 0)
		;
	printf("%lu %lu %lu %lu %lu %lu %lu\n", counts->after_tucks, counts->reveals, counts->over,
		counts->on, counts->taken_over, counts->taken_on, counts->untrue);
	return EXIT_SUCCESS;
}
