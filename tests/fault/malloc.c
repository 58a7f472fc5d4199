/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fault-malloc.so: in a program that it is preloaded into, the allocations that struct fault_shared
 * names fail. They are counted from main() on, over the program and its forks; what the dynamic
 * loader and the libraries' constructors allocate is not the program's. A program that this one
 * starts is another's.
 *
 * It also tells the start of main() by a system call that there is not, and a crash of a process
 * whose status nobody sees.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <malloc.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shared.h"

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
	void (*fini)(void), void (*at_exit)(void), void *stack_end);

static struct fault_shared *shared;
static bool is_told;

/* Who called: object+offset of each caller, for addr2line. */
static void tell_callers(const char *what)
{
	void *callers[12];
	size_t used = strlen(shared->where);
	int count;

	count = backtrace(callers, sizeof(callers) / sizeof(*callers));
	for (int i = 2; i < count && used < sizeof(shared->where) - 1; i++) {
		const char *name;
		Dl_info info;

		if (!dladdr(callers[i], &info) || !info.dli_fname)
			continue;
		name = strrchr(info.dli_fname, '/');
		name = name ? name + 1 : info.dli_fname;
		used += (size_t)snprintf(shared->where + used, sizeof(shared->where) - used,
			"%s%s:%s+%#tx", i > 2 ? " < " : what, name,
			info.dli_sname ? info.dli_sname : "",
			(char *)callers[i] - (char *)info.dli_fbase);
	}
}

static bool fails(void)
{
	long number;

	if (!shared)
		return false;
	number = __atomic_add_fetch(&shared->allocations, 1, __ATOMIC_RELAXED);
	if (number < shared->fail_from || number > shared->fail_to)
		return false;
	shared->has_failed = true;
	if (!is_told) {
		is_told = true;
		tell_callers("");
	}
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails() ? NULL : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t count, size_t size)
{
	size_t whole;

	if (__builtin_mul_overflow(count, size, &whole)) {
		errno = ENOMEM;
		return NULL;
	}
	return fails() ? NULL : __libc_realloc(old, whole);
}

void *memalign(size_t alignment, size_t size)
{
	return fails() ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size)
{
	*result = memalign(alignment, size);
	return *result ? 0 : ENOMEM;
}

static void crashed(int signal)
{
	/* The instruction is tried again, and now it kills. */
	if (!shared)
		return;
	shared->crashed = signal;
	tell_callers(" CRASHED IN ");
}

static void begin(void)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
	struct sigaction action = {.sa_handler = crashed, .sa_flags = (int)SA_RESETHAND};
	const char *fd = getenv(FAULT_SHARED);
	void *warm[2], *page;

	if (!fd)
		return;
	page = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, atoi(fd), 0);
	if (page == MAP_FAILED)
		abort();
	close(atoi(fd));
	unsetenv("LD_PRELOAD");
	unsetenv(FAULT_SHARED);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &action, NULL);
	backtrace(warm, 2); /* loads what it needs */
	syscall(FAULT_STARTED);
	shared = page;
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
	void (*fini)(void), void (*at_exit)(void), void *stack_end)
{
	__typeof__(__libc_start_main) *real;

	*(void **)&real = dlsym(RTLD_NEXT, "__libc_start_main");
	begin();
	return real(main, argc, argv, init, fini, at_exit, stack_end);
}
