/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "child.h"
#include "kernel.h"
#include "own-namespace.h"
#include "util.h"

/* A child's answer. */
struct answer {
	char text[PIPE_BUF - sizeof(int)];
};

/* Enter a copy of the namespace and make everything in it private. The copy is made as the user
 * namespace that owns the mount namespace; if another one made it, all mounts would be locked. */
static int enter_copy(void)
{
	_cleanup_close_ int own = kernel_open_own_namespace(), owner = kernel_open_owner(own);

	/* EINVAL: the caller is in that user namespace already. */
	if (owner >= 0 && setns(owner, CLONE_NEWUSER) < 0 && errno != EINVAL)
		return -errno;
	if (unshare(CLONE_NEWNS) < 0)
		return -errno;
	return own_namespace_make_private();
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
	/* The descriptor makes the mount busy, so MNT_EXPIRE never unmounts it. */
	if (umount2(path, MNT_EXPIRE) == 0 || errno == EBUSY || errno == EAGAIN)
		return 0;
	return errno == EINVAL ? 1 : -errno;
}

int probe_locked(const char *path)
{
	return child_run(ask_locked, (void *)path, NULL, 0);
}

static int make_namespace(void *argument, void *answer)
{
	(void)argument;
	(void)answer;
	return unshare(CLONE_NEWNS) < 0 ? -errno : 0;
}

int probe_namespace(void)
{
	return child_run(make_namespace, NULL, NULL, 0);
}

enum { ANSWER_WITHIN_MS = 2000 };

static int ask_statfs(void *argument, void *answer)
{
	struct statfs st;
	int error = fstatfs(*(int *)argument, &st) < 0 ? -errno : 0;

	/* The answer is not aligned. */
	memcpy(answer, &error, sizeof(error));
	return 0;
}

/* While the child asks, nothing else can fail any more. So when the time is over, the question has
 * not been answered. */
static int ask_in_time(int (*work)(void *argument, void *answer), void *argument, int *answer)
{
	int r = child_run_within(ANSWER_WITHIN_MS, work, argument, answer, sizeof(*answer));

	if (r != -ETIMEDOUT)
		return r;
	*answer = r;
	return 0;
}

int probe_answers(int fd, int *answer)
{
	return ask_in_time(ask_statfs, &fd, answer);
}

static int ask_statfs_beneath(void *path, void *answer)
{
	int fd, r = enter_copy();

	if (r < 0)
		return r;
	if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		return -errno;
	fd = kernel_open_path(AT_FDCWD, path);
	return fd < 0 ? fd : ask_statfs(&fd, answer);
}

int probe_answers_beneath(const char *path, int *answer)
{
	return ask_in_time(ask_statfs_beneath, (void *)path, answer);
}

static int work_clone_beneath(void *path, void *answer)
{
	int r = enter_copy();

	(void)answer;
	if (r == 0 && umount2(path, MNT_DETACH) < 0)
		r = -errno;
	return r < 0 ? r
		     : kernel_open_tree(
			       AT_FDCWD, path, OPEN_TREE_CLONE | (unsigned int)AT_RECURSIVE);
}

int probe_clone_beneath(const char *path)
{
	return child_open(work_clone_beneath, (void *)path);
}

/* Copy a field of mountinfo, which ends at a space, and decode its octal escapes. */
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

/* The fourth field, root, of the first mount in mountinfo. @proc: /proc/thread-self, opened before
 * the chroot. */
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

/* Clone the root directory and mount the clone: the clone's root can be asked for. */
static int ask_root_path(void *argument, void *answer)
{
	char *text = ((struct answer *)answer)->text;
	struct mount_identity identity;
	int clone, proc, slash, r = enter_copy();

	(void)argument;
	if (r < 0)
		return r;
	proc = kernel_open_proc("thread-self", O_PATH | O_DIRECTORY);
	slash = kernel_open_path(AT_FDCWD, "/");
	clone = kernel_open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE);
	if (clone == -EINVAL) /* there are locked mounts below "/" */
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
	/* Inside the clone mountinfo shows the clone first. */
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

/* The root directory, opened by the caller. */
struct opened {
	int proc;
	char name[32]; /* in /proc/self */
};

static int ask_root_in_namespace(void *argument, void *answer)
{
	const struct opened *opened = argument;
	struct answer *path = answer;
	ssize_t length;
	int r = own_namespace_enter_root();

	if (r < 0)
		return r;
	length = readlinkat(opened->proc, opened->name, path->text, sizeof(path->text));
	if (length < 0)
		return -errno;
	if ((size_t)length == sizeof(path->text))
		return -ENAMETOOLONG;
	path->text[length] = '\0';
	return *path->text == '/' ? 0 : -ENODATA;
}

int probe_root_in_namespace(char **path)
{
	_cleanup_close_ int proc = kernel_open_proc(".", O_PATH | O_DIRECTORY);
	_cleanup_close_ int root = kernel_open_path(AT_FDCWD, "/");
	struct opened opened = {.proc = proc};
	struct answer answer;
	int r;

	if (proc < 0 || root < 0)
		return proc < 0 ? proc : root;
	snprintf(opened.name, sizeof(opened.name), "self/fd/%d", root);
	r = child_run(ask_root_in_namespace, &opened, &answer, sizeof(answer));
	if (r < 0)
		return r;
	*path = strdup(answer.text);
	return *path ? 0 : -ENOMEM;
}

struct mount_points {
	uint64_t namespace_id;
	const uint64_t *ids;
	size_t count;
	int to;
};

static int ask_mount_points(void *argument, void *answer)
{
	static struct kernel_statmount room[32];
	const struct statmount_buffer buffer = {.data = room, .size = sizeof(room)};
	const struct mount_points *points = argument;

	(void)answer;
	/* A copy is another namespace. */
	if (unshare(CLONE_NEWNS) < 0)
		return -errno;
	for (size_t i = 0; i < points->count; i++) {
		const char *path = NULL;
		int r = kernel_statmount_once(
			points->ids[i], points->namespace_id, KERNEL_STATMOUNT_MNT_POINT, &buffer);

		if (r == 0)
			path = kernel_statmount_string(
				room, KERNEL_STATMOUNT_MNT_POINT, room->mnt_point);
		path = path ?: "";
		if (write(points->to, path, strlen(path) + 1) != (ssize_t)strlen(path) + 1)
			return -EIO;
	}
	return 0;
}

int probe_mount_points(uint64_t namespace_id, const uint64_t *ids, size_t count, int to)
{
	struct mount_points points = {namespace_id, ids, count, to};

	return child_run(ask_mount_points, &points, NULL, 0);
}

static bool is_line_of(const char *line, int short_id)
{
	int id = 0;

	for (; *line >= '0' && *line <= '9'; line++)
		id = id * 10 + (*line - '0');
	return *line == ' ' && id == short_id;
}

/* Find the line of a mount. An incomplete line at the end of a block is kept for the next block. */
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
	/* Open it now: /proc may be out of reach at the namespace's root. */
	int proc = kernel_open_proc("thread-self", O_PATH | O_DIRECTORY), mountinfo, r;

	if (proc < 0)
		return proc;
	r = own_namespace_enter_root();
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
