/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel.h"
#include "util.h"

/* What the child sends back, in one write (PIPE_BUF is as large). */
struct answer {
	int result;
	char text[PIPE_BUF - sizeof(int)];
};

static int ask_in_copy(void (*question)(const char *path, struct answer *), const char *path,
	struct answer *answer)
{
	struct kernel_clone_args {
		uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	} arguments = {.flags = CLONE_NEWNS};
	int ends[2];
	long child;
	ssize_t n;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	child = syscall(SYS_clone3, &arguments, sizeof(arguments));
	if (child == 0) {
		*answer = (struct answer){.result = kernel_make_namespace_private()};
		if (answer->result == 0)
			question(path, answer);
		syscall(SYS_write, ends[1], answer, sizeof(*answer));
		syscall(SYS_exit_group, 0);
	}
	n = child < 0 ? -errno : 0;
	close(ends[1]);
	if (child > 0) {
		do
			n = read(ends[0], answer, sizeof(*answer));
		while (n < 0 && errno == EINTR);
		while (waitpid((pid_t)child, NULL, __WALL) < 0 && errno == EINTR)
			;
		n = n == (ssize_t)sizeof(*answer) ? answer->result : -EIO;
	}
	close(ends[0]);
	return (int)n;
}

static void ask_locked(const char *path, struct answer *answer)
{
	int fd = kernel_open_path(AT_FDCWD, path);

	if (fd < 0) {
		answer->result = fd;
		return;
	}
	/* The fd makes the mount busy, so that MNT_EXPIRE answers and never takes it. */
	if (umount2(path, MNT_EXPIRE) == 0 || errno == EBUSY || errno == EAGAIN)
		answer->result = 0;
	else
		answer->result = errno == EINVAL ? 1 : -errno;
}

int probe_locked(const char *path)
{
	struct answer answer;

	return ask_in_copy(ask_locked, path, &answer);
}

static void ask_root_path(const char *path, struct answer *answer)
{
	static struct kernel_statmount room[16];
	struct statmount_buffer buffer = {.data = room, .size = sizeof(room)};
	struct mount_identity identity;
	const char *root;
	int clone, r;

	clone = kernel_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE);
	if (clone == -EINVAL) /* locked mounts below it */
		clone = kernel_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | AT_RECURSIVE);
	if (clone < 0) {
		answer->result = clone;
		return;
	}
	r = kernel_identify(clone, "", AT_EMPTY_PATH, &identity);
	if (r == 0)
		r = move_mount(clone, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) < 0 ? -errno : 0;
	if (r == 0)
		r = kernel_statmount_once(
			identity.unique_id, 0, KERNEL_STATMOUNT_MNT_ROOT, &buffer);
	root = r == 0 ? kernel_statmount_string(
				buffer.data, KERNEL_STATMOUNT_MNT_ROOT, buffer.data->mnt_root)
		      : NULL;
	if (root && strlen(root) < sizeof(answer->text))
		strcpy(answer->text, root);
	answer->result = r == 0 && !root ? -ENODATA : r;
}

int probe_root_path(char **path)
{
	struct answer answer;
	int r;

	r = ask_in_copy(ask_root_path, "/", &answer);
	if (r < 0)
		return r;
	*path = strdup(answer.text);
	return *path ? 0 : -ENOMEM;
}
