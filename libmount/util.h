/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ownership: a variable marked _cleanup_ is freed or closed at the end of its scope, unless its
 * value was handed over by steal_fd() or steal_pointer(). */
#pragma once

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function)))

static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_fclose(FILE **file)
{
	if (*file)
		fclose(*file);
}

#define _cleanup_free_	 _cleanup_(cleanup_free)
#define _cleanup_close_	 _cleanup_(cleanup_close)
#define _cleanup_fclose_ _cleanup_(cleanup_fclose)

static inline void restore_errno(const int *saved)
{
	errno = *saved;
}

/* In a public function: the caller's errno is the same afterwards. */
#define KEEP_ERRNO _cleanup_(restore_errno) __attribute__((unused)) const int caller_errno_ = errno

static inline int steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

static inline void *steal_pointer_to(void *pointer)
{
	void *stolen = *(void **)pointer;

	*(void **)pointer = NULL;
	return stolen;
}

#define steal_pointer(pointer) ((__typeof__(*(pointer)))steal_pointer_to(pointer))

#define ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))
