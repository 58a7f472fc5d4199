/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "kernel.h"
#include "util.h"

/* What a child answers with. */
struct answer {
	char text[PIPE_BUF - sizeof(int)];
};

/* Become the owner of a copy of the namespace, in which everything is private. It is made by the
 * user namespace that the namespace belongs to; in a copy made by another one all mounts would be
 * locked. */
static int enter_copy(void)
{
	int own = kernel_open_own_namespace(), owner = kernel_open_owner(own);

	/* EINVAL: it is the caller's own already. */
	if (owner >= 0 && setns(owner, CLONE_NEWUSER) < 0 && errno != EINVAL)
		return -errno;
	if (unshare(CLONE_NEWNS) < 0)
		return -errno;
	return kernel_make_namespace_private();
}

static int ask_locked(void *path, void *answer)
{
	int fd, r = enter_copy();

	(void)answer;
	if (r < 0)
		return r;
	fd = kernel_open_path(AT_FDCWD, path);
	if (fd < 0)
		return fd;
	/* The fd makes the mount busy, so that MNT_EXPIRE answers and never takes it. */
	if (umount2(path, MNT_EXPIRE) == 0 || errno == EBUSY || errno == EAGAIN)
		return 0;
	return errno == EINVAL ? 1 : -errno;
}

int probe_locked(const char *path)
{
	return child_run(ask_locked, (void *)path, NULL, 0);
}

/* A field of mountinfo, its octal escapes undone, to the next space. */
static void copy_field(char *to, const char *from)
{
	while (*from && *from != ' ') {
		if (*from == '\\' && from[1] && from[2] && from[3]) {
			*to++ = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 |
				       (from[3] - '0'));
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
}

/* The root of the only mount that mountinfo shows, its fourth field. @proc: /proc/self, opened
 * while it could be. */
static int read_root(int proc, char *root, size_t size)
{
	static char text[2 * PIPE_BUF];
	const char *field = text;
	int fd = openat(proc, "mountinfo", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (length < 0)
		return -errno;
	for (int i = 0; field && i < 3; i++) {
		field = strchr(field, ' ');
		field = field ? field + 1 : NULL;
	}
	if (!field || strcspn(field, " ") >= size)
		return -ENODATA;
	copy_field(root, field);
	return 0;
}

static int statmount_root(uint64_t unique_id, char *root, size_t size)
{
	static struct kernel_statmount room[16];
	struct statmount_buffer buffer = {.data = room, .size = sizeof(room)};
	const char *answer;
	int r = kernel_statmount_once(unique_id, 0, KERNEL_STATMOUNT_MNT_ROOT, &buffer);

	if (r < 0)
		return r;
	answer = kernel_statmount_string(room, KERNEL_STATMOUNT_MNT_ROOT, room->mnt_root);
	if (!answer || strlen(answer) >= size)
		return -ENODATA;
	memcpy(root, answer, strlen(answer) + 1);
	return 0;
}

/* A clone of the directory is a mount whose root can be asked for, where it is mounted. */
static int ask_root_path(void *argument, void *answer)
{
	char *text = ((struct answer *)answer)->text;
	struct mount_identity identity;
	int clone, proc, slash, r = enter_copy();

	(void)argument;
	if (r < 0)
		return r;
	proc = kernel_open_path(AT_FDCWD, "/proc/self");
	slash = kernel_open_path(AT_FDCWD, "/");
	clone = kernel_open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE);
	if (clone == -EINVAL) /* locked mounts below it */
		clone = kernel_open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | AT_RECURSIVE);
	if (clone < 0)
		return clone;
	r = kernel_identify(clone, "", AT_EMPTY_PATH, &identity);
	r = r < 0 ? r : kernel_move_mount(clone, slash, 0);
	if (r < 0)
		return r;
	r = statmount_root(identity.unique_id, text, sizeof(struct answer));
	if (r != -ENOSYS && identity.unique_id)
		return r;
	/* Of what lies in the clone mountinfo shows the clone first. */
	if (fchdir(clone) < 0 || chroot(".") < 0)
		return -errno;
	return read_root(proc, text, sizeof(struct answer));
}

int probe_root_path(char **path)
{
	struct answer answer;
	int r;

	r = child_run(ask_root_path, NULL, &answer, sizeof(answer));
	if (r < 0)
		return r;
	*path = strdup(answer.text);
	return *path ? 0 : -ENOMEM;
}

static bool is_line_of(const char *line, int short_id)
{
	int id = 0;

	for (; *line >= '0' && *line <= '9'; line++)
		id = id * 10 + (*line - '0');
	return *line == ' ' && id == short_id;
}

/* Read up to PIPE_BUF characters at a time; keep what a line that is not complete needs. */
static int find_line(int from, int short_id, char *line, size_t size)
{
	static char text[16 * PIPE_BUF];
	size_t used = 0;

	for (;;) {
		ssize_t n = read(from, text + used, sizeof(text) - used);
		char *start = text, *end;

		if (n <= 0)
			return n < 0 ? -errno : -ENOENT;
		used += (size_t)n;
		for (; (end = memchr(start, '\n', used - (size_t)(start - text)));
			start = end + 1) {
			if (!is_line_of(start, short_id))
				continue;
			if ((size_t)(end - start) + 2 > size)
				return -ENAMETOOLONG;
			memcpy(line, start, (size_t)(end - start) + 1);
			line[end - start + 1] = '\0';
			return 0;
		}
		used -= (size_t)(start - text);
		if (used == sizeof(text))
			return -ENAMETOOLONG;
		memmove(text, start, used);
	}
}

static int ask_mountinfo_line(void *argument, void *answer)
{
	/* Opened before /proc may be out of sight. */
	int proc = kernel_open_path(AT_FDCWD, "/proc/self"), mountinfo, r;

	if (proc < 0)
		return proc;
	r = kernel_enter_namespace_root();
	if (r < 0)
		return r;
	mountinfo = openat(proc, "mountinfo", O_RDONLY | O_CLOEXEC);
	if (mountinfo < 0)
		return -errno;
	return find_line(mountinfo, *(int *)argument, ((struct answer *)answer)->text,
		sizeof(struct answer));
}

int probe_mountinfo_line(int short_id, char **line)
{
	struct answer answer;
	int r = child_run(ask_mountinfo_line, &short_id, &answer, sizeof(answer));

	if (r < 0)
		return r;
	*line = strdup(answer.text);
	return *line ? 0 : -ENOMEM;
}
