/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * older-kernel.so: a program that it is preloaded into finds the kernel of MOUNT_TUCK_TEST_KERNEL:
 *
 *	6.12    statmount does not tell a mount's source, the subtype of its filesystem, nor which
 *	        fields it supports; nothing is cloned from a mount that is not attached
 *	6.1     the same of clones; there is no statmount, no listmount, no unique id, and no
 *	        ioctl that tells of namespaces
 *	initramfs    listmount lists two mounts of another namespace, as for a root directory
 *	        above which the namespace's tree begins
 *	filtered    not the kernel: a container's filter of system calls, which is older than
 *	        statmount and listmount; statx tells unique ids
 *
 * A filter of system calls could refuse one, but not take something from an answer.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STATMOUNT      457
#define LISTMOUNT      458
#define KNOWN_TO_6_12  0xffULL
#define UNIQUE_ID      0x4000U
#define NSFS_TYPE      0xb7
#define FIRST_OF_MNTNS 10

struct request {
	uint32_t size, spare;
	uint64_t mount_id, parameter, namespace_id;
};

struct answer {
	uint32_t size, options;
	uint64_t mask;
};

static bool is(const char *version)
{
	const char *wanted = getenv("MOUNT_TUCK_TEST_KERNEL");

	return wanted && strcmp(wanted, version) == 0;
}

long syscall(long number, ...)
{
	static long (*real)(long number, ...);
	long arguments[6], result;
	va_list list;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	va_start(list, number);
	for (int i = 0; i < 6; i++)
		arguments[i] = va_arg(list, long);
	va_end(list);
	if ((number == STATMOUNT || number == LISTMOUNT) && (is("6.1") || is("filtered"))) {
		errno = ENOSYS;
		return -1;
	}
	result = real(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
		arguments[5]);
	if (number == LISTMOUNT && result > 2 && is("initramfs") &&
		((const struct request *)(uintptr_t)arguments[0])->namespace_id)
		return 2;
	if (number == STATMOUNT && result == 0 && is("6.12"))
		((struct answer *)(uintptr_t)arguments[1])->mask &= KNOWN_TO_6_12;
	return result;
}

/* Whether the mount that @fd is on is in no mount namespace; for a process whose root is its
 * namespace's. */
static bool is_detached(int fd)
{
	char path[64], line[4096];
	int wanted = -1, id;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "mnt_id: %d", &wanted);
	if (file)
		fclose(file);
	file = fopen("/proc/self/mountinfo", "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%d ", &id) == 1 && id == wanted)
			wanted = -1;
	if (file)
		fclose(file);
	return wanted >= 0;
}

int open_tree(int dir, const char *path, unsigned int flags)
{
	static int (*real)(int, const char *, unsigned int);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "open_tree");
	if (flags & OPEN_TREE_CLONE && dir >= 0 && *path != '/' && is_detached(dir)) {
		errno = EINVAL;
		return -1;
	}
	return real(dir, path, flags);
}

int statx(int dir, const char *restrict path, int flags, unsigned int mask,
	struct statx *restrict answer)
{
	static int (*real)(int, const char *, int, unsigned int, struct statx *);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "statx");
	return real(dir, path, flags, is("6.1") ? mask & ~UNIQUE_ID : mask, answer);
}

int prctl(int option, ...)
{
	unsigned long arguments[4];
	va_list list;

	va_start(list, option);
	for (int i = 0; i < 4; i++)
		arguments[i] = va_arg(list, unsigned long);
	va_end(list);
	if (option == PR_GET_SECCOMP && is("filtered"))
		return SECCOMP_MODE_FILTER;
	return (int)syscall(
		SYS_prctl, option, arguments[0], arguments[1], arguments[2], arguments[3]);
}

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
	if (_IOC_TYPE(request) == NSFS_TYPE && _IOC_NR(request) >= FIRST_OF_MNTNS && is("6.1")) {
		errno = ENOTTY;
		return -1;
	}
	return real(fd, request, argument);
}
