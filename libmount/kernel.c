/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util.h"

/* New system calls have the same number everywhere, on top of where an architecture's begin. */
#if defined __alpha__
#define FIRST_SYSCALL 110
#elif defined __mips__ && _MIPS_SIM == _ABIO32
#define FIRST_SYSCALL 4000
#elif defined __mips__ && _MIPS_SIM == _ABI64
#define FIRST_SYSCALL 5000
#elif defined __mips__
#define FIRST_SYSCALL 6000
#elif defined __x86_64__ && defined __ILP32__
#define FIRST_SYSCALL 0x40000000
#else
#define FIRST_SYSCALL 0
#endif

#ifndef SYS_statmount
#define SYS_statmount (FIRST_SYSCALL + 457)
#endif
#ifndef SYS_listmount
#define SYS_listmount (FIRST_SYSCALL + 458)
#endif

/* The argument of statmount(2) and listmount(2). */
struct kernel_mount_request {
	uint32_t size;
	uint32_t spare;
	uint64_t mnt_id;
	uint64_t param;
	uint64_t mnt_ns_id; /* 6.11 */
};
#define KERNEL_MOUNT_REQUEST_SIZE_VER0 24
#define KERNEL_LISTMOUNT_ROOT	       UINT64_MAX

struct kernel_mnt_ns_info {
	uint32_t size;
	uint32_t nr_mounts;
	uint64_t mnt_ns_id;
};
#define KERNEL_NS_GET_NSTYPE   _IO(0xb7, 0x3)
#define KERNEL_NS_GET_USERNS   _IO(0xb7, 0x1)
#define KERNEL_NS_MNT_GET_INFO _IOR(0xb7, 10, struct kernel_mnt_ns_info)
#define KERNEL_NS_MNT_GET_NEXT _IOR(0xb7, 11, struct kernel_mnt_ns_info)
#define KERNEL_NS_MNT_GET_PREV _IOR(0xb7, 12, struct kernel_mnt_ns_info)

static int negative_errno(long result)
{
	return result < 0 ? -errno : (int)result;
}

int kernel_open_path(int dirfd, const char *path)
{
	return negative_errno(openat(dirfd, path, O_PATH | O_CLOEXEC));
}

int kernel_open_how(int dirfd, const char *path, const struct open_how *how)
{
	enum { TRIES = 10000 };
	int fd;

	for (int tries = 1;; tries++) {
		fd = (int)syscall(SYS_openat2, dirfd, path, how, sizeof(*how));
		if (fd >= 0 || errno != EAGAIN || tries == TRIES)
			return negative_errno(fd);
	}
}

int kernel_open_tree(int dirfd, const char *path, unsigned int flags)
{
	return negative_errno(open_tree(dirfd, path, flags | OPEN_TREE_CLOEXEC));
}

int kernel_move_mount(int from, int to, unsigned int flags)
{
	return negative_errno(move_mount(
		from, "", to, "", flags | MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}

int kernel_set_attributes(
	int fd, bool recursive, uint64_t set, uint64_t clear, uint64_t propagation)
{
	struct mount_attr attr = {.attr_set = set, .attr_clr = clear, .propagation = propagation};

	return negative_errno(mount_setattr(
		fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0U), &attr, sizeof(attr)));
}

int kernel_set_idmapping(int fd, bool recursive, int user_namespace)
{
	struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (unsigned int)user_namespace};

	return negative_errno(mount_setattr(
		fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0U), &attr, sizeof(attr)));
}

/* The kernel checks the flags before the descriptors, so invalid descriptors are enough to ask. */
static int knows_flag(unsigned int flag)
{
	int r = kernel_move_mount(-1, -1, flag);

	if (r == -EINVAL)
		return 0;
	return r == -EBADF ? 1 : r;
}

int kernel_has_beneath(void)
{
	return knows_flag(MOVE_MOUNT_BENEATH);
}

int kernel_has_mount_setattr(void)
{
	return kernel_set_attributes(-1, false, 0, 0, 0) != -ENOSYS;
}

int kernel_has_set_group(void)
{
	return knows_flag(MOVE_MOUNT_SET_GROUP);
}

int kernel_set_group(int from, int to)
{
	return kernel_move_mount(from, to, MOVE_MOUNT_SET_GROUP);
}

int kernel_may_mount(void)
{
	/* fsopen(2) checks the capability over the mount namespace before its arguments. */
	return fsopen(NULL, ~0U) < 0 && errno == EPERM ? 0 : 1;
}

int kernel_open_owner(int mount_namespace)
{
	return negative_errno(ioctl(mount_namespace, KERNEL_NS_GET_USERNS));
}

/* Whether the answer fits in the buffer, and its strings end in it. */
static bool answer_is_whole(const struct statmount_buffer *buffer)
{
	const struct kernel_statmount *answer = buffer->data;

	return answer->size >= sizeof(*answer) && answer->size <= buffer->size &&
	       (answer->size == sizeof(*answer) ||
		       ((const char *)answer)[answer->size - 1] == '\0');
}

int kernel_statmount_once(uint64_t unique_id, uint64_t namespace_id, uint64_t mask,
	const struct statmount_buffer *buffer)
{
	struct kernel_mount_request request = {
		.size = namespace_id ? sizeof(request) : KERNEL_MOUNT_REQUEST_SIZE_VER0,
		.mnt_id = unique_id,
		.param = mask,
		.mnt_ns_id = namespace_id,
	};

	if (syscall(SYS_statmount, &request, buffer->data, buffer->size, 0) < 0)
		return -errno;
	return answer_is_whole(buffer) ? 0 : -EIO;
}

int kernel_has_mount(uint64_t unique_id, uint64_t namespace_id)
{
	struct kernel_statmount answer = {0};
	const struct statmount_buffer buffer = {.data = &answer, .size = sizeof(answer)};
	int r;

	do
		r = kernel_statmount_once(
			unique_id, namespace_id, KERNEL_STATMOUNT_MNT_BASIC, &buffer);
	while (r == -EINTR);
	return r == -ENOENT ? 0 : r < 0 ? r : 1;
}

int kernel_statmount(
	uint64_t unique_id, uint64_t namespace_id, uint64_t mask, struct statmount_buffer *buffer)
{
	int r;

	if (!buffer->data) {
		buffer->size = sizeof(*buffer->data) + 1024;
		buffer->data = malloc(buffer->size);
		if (!buffer->data)
			return -ENOMEM;
	}
	for (;;) {
		struct kernel_statmount *larger;

		r = kernel_statmount_once(unique_id, namespace_id, mask, buffer);
		if (r == -EINTR)
			continue;
		if (r != -EOVERFLOW)
			return r;
		larger = realloc(buffer->data, buffer->size * 2);
		if (!larger)
			return -ENOMEM;
		buffer->data = larger;
		buffer->size *= 2;
	}
}

const char *kernel_statmount_string(
	const struct kernel_statmount *answer, uint64_t bit, uint32_t offset)
{
	bool is_there = answer->mask & bit && offset < answer->size - sizeof(*answer);

	return is_there ? answer->str + offset : NULL;
}

static int list_ids(
	uint64_t above, uint64_t after, uint64_t namespace_id, uint64_t **ids, size_t *count)
{
	struct kernel_mount_request request = {
		.size = namespace_id ? sizeof(request) : KERNEL_MOUNT_REQUEST_SIZE_VER0,
		.mnt_id = above,
		.param = after,
		.mnt_ns_id = namespace_id,
	};
	_cleanup_free_ uint64_t *list = NULL;
	size_t used = 0, room = 0;

	/* An answer that leaves room is the last. */
	while (used == room) {
		uint64_t *larger;
		long n;

		room = room ? room * 2 : 128;
		larger = reallocarray(list, room, sizeof(*list));
		if (!larger)
			return -ENOMEM;
		list = larger;
		do
			n = syscall(SYS_listmount, &request, list + used, room - used, 0);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return -errno;
		used += (size_t)n;
		request.param = used ? list[used - 1] : 0;
	}
	*ids = steal_pointer(&list);
	*count = used;
	return 0;
}

int kernel_listmount(uint64_t namespace_id, uint64_t **ids, size_t *count)
{
	return list_ids(KERNEL_LISTMOUNT_ROOT, 0, namespace_id, ids, count);
}

int kernel_listmount_below(uint64_t above, uint64_t namespace_id, uint64_t **ids, size_t *count)
{
	return list_ids(above, 0, namespace_id, ids, count);
}

int kernel_listmount_after(uint64_t namespace_id, uint64_t after, uint64_t **ids, size_t *count)
{
	return list_ids(KERNEL_LISTMOUNT_ROOT, after, namespace_id, ids, count);
}

int kernel_has_newer_mount(uint64_t namespace_id, uint64_t unique_id)
{
	struct kernel_mount_request request = {
		.size = namespace_id ? sizeof(request) : KERNEL_MOUNT_REQUEST_SIZE_VER0,
		.mnt_id = KERNEL_LISTMOUNT_ROOT,
		.param = unique_id,
		.mnt_ns_id = namespace_id,
	};
	uint64_t newer;

	return negative_errno(syscall(SYS_listmount, &request, &newer, 1, 0));
}

/* Of the thread, since a thread can enter a namespace alone. */
static _Thread_local int kept_proc = -1;

void kernel_keep_proc(void)
{
	if (kept_proc < 0)
		kept_proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

bool kernel_has_kept_proc(void)
{
	return kept_proc >= 0;
}

void kernel_use_proc(int proc)
{
	kept_proc = proc;
}

int kernel_open_proc(const char *path, int flags)
{
	char whole[128];

	if (kept_proc >= 0)
		return negative_errno(openat(kept_proc, path, flags | O_CLOEXEC));
	snprintf(whole, sizeof(whole), "/proc/%s", path);
	return negative_errno(open(whole, flags | O_CLOEXEC));
}

FILE *kernel_fopen_proc(const char *path)
{
	int fd = kernel_open_proc(path, O_RDONLY);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (fd < 0)
		errno = -fd;
	else if (!file)
		close(fd);
	return file;
}

int kernel_open_own_namespace(void)
{
	return kernel_open_proc("thread-self/ns/mnt", O_RDONLY);
}

bool kernel_threads_share(pid_t one, pid_t other, int what)
{
	return syscall(SYS_kcmp, one, other, what, 0, 0) == 0;
}

int kernel_open_process(pid_t pid)
{
	return negative_errno(syscall(SYS_pidfd_open, pid, 0));
}

int kernel_is_mount_namespace(int fd)
{
	return ioctl(fd, KERNEL_NS_GET_NSTYPE) == CLONE_NEWNS;
}

int kernel_namespace_info(int fd, struct kernel_namespace *info)
{
	struct kernel_mnt_ns_info answer = {.size = sizeof(answer)};

	if (ioctl(fd, KERNEL_NS_MNT_GET_INFO, &answer) < 0)
		return -errno;
	*info = (struct kernel_namespace){.id = answer.mnt_ns_id, .mounts = answer.nr_mounts};
	return 0;
}

int kernel_namespace_step(int fd, bool forward, struct kernel_namespace *info)
{
	struct kernel_mnt_ns_info answer = {.size = sizeof(answer)};
	int next = ioctl(fd, forward ? KERNEL_NS_MNT_GET_NEXT : KERNEL_NS_MNT_GET_PREV, &answer);

	if (next < 0)
		return -errno;
	*info = (struct kernel_namespace){.id = answer.mnt_ns_id, .mounts = answer.nr_mounts};
	return next;
}
