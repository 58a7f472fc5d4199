/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System calls by name, and which errors they end with. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "inject.h"

static const struct {
	int number;
	const char *name;
} names[] = {
#include "fault-calls.h"
};

const char *call_name(int number)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].number == number)
			return names[i].name;
	return number == 457 ? "statmount" : number == 458 ? "listmount" : "unknown";
}

/*
 * Names end with a space. Left out are those that the kernel always carries out with arguments like
 * theirs, or that have no return value for an error: brk tells the old break, close has closed
 * whatever it says.
 */
static const struct {
	const char *names;
	const int errors[4];
} table[] = {
	{"close close_range exit exit_group brk rt_sigreturn rt_sigaction rt_sigprocmask "
	 "rt_sigpending sigaltstack getpid gettid getppid getuid geteuid getgid getegid getpgrp "
	 "getpgid setpgid umask futex set_robust_list set_tid_address rseq arch_prctl prctl "
	 "restart_syscall getrandom uname munmap mprotect madvise alarm sched_yield capget "
	 "prlimit64 dup fadvise64 kill rt_sigtimedwait clock_gettime gettimeofday time ",
		{0}},
	{"openat open openat2 creat ", {EMFILE, EACCES, ENOMEM}},
	{"read pread64 readv ", {EIO, EINTR}},
	{"write pwrite64 writev ", {ENOSPC, EIO}},
	{"getdents64 getdents ", {EIO, ENOMEM}},
	{"fork vfork clone clone3 unshare ", {EAGAIN, ENOMEM}},
	{"wait4 waitid ", {EINTR}},
	{"poll ppoll select pselect6 epoll_wait epoll_pwait ", {EINTR, ENOMEM}},
	{"nanosleep clock_nanosleep ", {EINTR}},
	{"flock ", {EINTR, ENOLCK}},
	{"ioctl ", {EIO, ENOMEM, EPERM}},
	{"umount2 ", {EBUSY, EPERM, ENOMEM}},
	{"mount fsopen fsconfig fsmount move_mount open_tree mount_setattr ",
		{ENOMEM, EPERM, EINVAL}},
	{"fstat newfstatat stat lstat statx fstatfs statfs access faccessat faccessat2 readlink "
	 "readlinkat ",
		{EACCES, ENOMEM}},
	{"", {ENOMEM, EPERM}},
};

/* @list: names that end with a space. */
static bool has_name(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list; (at = strstr(at, name)); at += length)
		if ((at == list || at[-1] == ' ') && at[length] == ' ')
			return true;
	return false;
}

const int *call_errors(int number)
{
	const char *name = call_name(number);
	size_t i = 0;

	while (*table[i].names && !has_name(table[i].names, name))
		i++;
	return table[i].errors[0] ? table[i].errors : NULL;
}

bool call_can_end_with(int number, int error)
{
	const int *errors = call_errors(number);

	while (errors && *errors && *errors != error)
		errors++;
	return errors && *errors;
}

int call_answer(int number)
{
	static const struct {
		const char *names;
		int argument;
	} filled[] = {
		{"read pread64 readlink getdents64 statmount listmount ", 1},
		{"fstat stat lstat statfs fstatfs ", 1},
		{"newfstatat readlinkat ", 2},
		{"statx ", 4},
	};
	const char *name = call_name(number);

	for (size_t i = 0; i < sizeof(filled) / sizeof(*filled); i++)
		if (has_name(filled[i].names, name))
			return filled[i].argument;
	return -1;
}
