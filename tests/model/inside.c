/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inside.h"
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel.h"
#include "layout.h"
#include "util.h"

static bool is_chroot(const struct world *world)
{
	return world->inside == INSIDE_CHROOT_MOUNT || world->inside == INSIDE_CHROOT_DIRECTORY;
}

/* ---- making it ---- */

/* The first process of the pid namespace, whose /proc becomes the world's. */
static void be_first(int ready)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (umount2("/proc", MNT_DETACH) == 0 && mount("proc", "/proc", "proc", 0, NULL) == 0 &&
		mount(NULL, "/proc", NULL, MS_UNBINDABLE, NULL) == 0 && write(ready, "", 1) == 1)
		for (;;)
			pause();
	_exit(EXIT_FAILURE);
}

static void make_pid_namespace(struct world *world)
{
	_cleanup_close_ int own = openat(world->proc, "self/ns/pid", O_RDONLY | O_CLOEXEC);
	int ends[2];
	pid_t first;
	char byte;

	if (own < 0 || pipe2(ends, O_CLOEXEC) < 0 || unshare(CLONE_NEWPID) < 0 ||
		(first = fork()) < 0)
		give_up(world, "a pid namespace");
	if (first == 0)
		be_first(ends[1]);
	close(ends[1]);
	world->pids = openat(world->proc, "self/ns/pid_for_children", O_RDONLY | O_CLOEXEC);
	if (read(ends[0], &byte, 1) != 1 || world->pids < 0 || setns(own, CLONE_NEWPID) < 0)
		give_up(world, "a pid namespace");
	close(ends[0]);
}

void inside_begin(struct world *world)
{
	world->pids = -1;
	if (world->inside == INSIDE_PID)
		make_pid_namespace(world);
	else if (is_chroot(world) || now_and_then(world, 50))
		/* Neither the chroot nor a root that has come to lie over another one has a /proc.
		 */
		kernel_keep_proc();
	if (world->inside != INSIDE_CHROOT_MOUNT)
		return;
	if (now_and_then(world, 30))
		command_new(world, WORLD_JAIL);
	else
		command_mount(
			world, "/", WORLD_JAIL, MS_BIND | (now_and_then(world, 50) ? MS_REC : 0));
}

bool inside_has_proc(void)
{
	return kernel_has_kept_proc() || access("/proc/version", F_OK) == 0;
}

/* The process that keeps a namespace, as it is called inside; 0: it is not seen there. */
static pid_t pid_inside(const struct world *world, size_t space)
{
	/* The first process of the pid namespace is in the first mount namespace. */
	if (world->inside == INSIDE_PID)
		return space == 0;
	return world->spaces[space].sleeper;
}

size_t inside_space(const struct world *world, pid_t process)
{
	for (size_t i = 0; process != getpid() && i < world->count; i++)
		if (pid_inside(world, i) == process)
			return i;
	/* The case itself, which is in the current namespace. */
	return world->current;
}

/* ---- paths ---- */

bool inside_is_there(const struct world *world)
{
	return !is_chroot(world) || access(WORLD_JAIL, F_OK) == 0;
}

bool inside_has(const struct world *world, const char *path)
{
	size_t length = strlen(WORLD_JAIL);

	return !is_chroot(world) || (strncmp(path, WORLD_JAIL, length) == 0 && path[length] == '/');
}

static void strip(const struct world *world, char path[WORLD_PATH])
{
	size_t length = strlen(WORLD_JAIL);

	if (is_chroot(world) && strncmp(path, WORLD_JAIL, length) == 0 &&
		(path[length] == '/' || path[length] == '\0')) {
		memmove(path, path + length, strlen(path + length) + 1);
		if (!*path)
			strcpy(path, "/");
	}
}

void inside_to_outside(const struct world *world, const char *path, char outside[WORLD_PATH])
{
	const char *rest = is_chroot(world) && strcmp(path, "/") == 0 ? "" : path;

	snprintf(outside, WORLD_PATH, "%s%s", is_chroot(world) ? WORLD_JAIL : "", rest);
}

/* ---- calling ---- */

typedef struct outcome (*inside_function)(struct world *world, const struct job *job, int tree);

/* What a child hands back. */
struct answer {
	struct outcome outcome;
	bool has[COUNTS];
	bool is_there;
};

static struct outcome call_in_child(
	struct world *world, inside_function call, const struct job *job, int tree)
{
	_cleanup_close_ int own = openat(world->proc, "self/ns/pid", O_RDONLY | O_CLOEXEC);
	struct answer *answer = mmap(
		NULL, sizeof(*answer), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct outcome outcome;
	pid_t child;

	fflush(stdout);
	if (answer == MAP_FAILED || own < 0 || setns(world->pids, CLONE_NEWPID) < 0 ||
		(child = fork()) < 0)
		give_up(world, "a child in the pid namespace");
	if (child == 0) {
		answer->outcome = call(world, job, tree);
		memcpy(answer->has, world->has, sizeof(answer->has));
		answer->is_there = true;
		fflush(stdout);
		_exit(EXIT_SUCCESS);
	}
	if (setns(own, CLONE_NEWPID) < 0 || waitpid(child, NULL, 0) < 0 || !answer->is_there)
		give_up(world, "a child in the pid namespace");
	outcome = answer->outcome;
	memcpy(world->has, answer->has, sizeof(answer->has));
	munmap(answer, sizeof(*answer));
	return outcome;
}

struct outcome inside_call(
	struct world *world, inside_function call, const struct job *job, int tree)
{
	struct outcome outcome;
	struct job there;

	if (world->inside == INSIDE_PID)
		return call_in_child(world, call, job, tree);
	if (!is_chroot(world))
		return call(world, job, tree);
	there = *job;
	strip(world, there.target);
	strip(world, there.source);
	if (chdir(WORLD_JAIL) < 0 || chroot(".") < 0)
		give_up(world, "a chroot");
	outcome = call(world, &there, tree);
	world_enter_again(world);
	/* cppcheck-suppress returnDanglingLifetime ; it has no pointers */
	return outcome;
}
