/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libmount and libsmartcols make many small allocations for each mount, and the heap grows page by
 * page, with a page fault for each. So the heap is extended once, by about what the table will
 * need, and the kernel is asked for huge pages there.
 *
 * Measured with files of 10,000 and 40,000 mounts (glibc 2.36): 15 % less processor time, and 900
 * page faults in place of 3,050 and 11,100. tests/bench/findmnt has the whole program's times.
 */
#include "findmnt/reserve.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void reserve_memory(size_t mounts)
{
#ifdef __GLIBC__
	const size_t each = 1536 /* bytes, measured */, few = 4000, most = 1 << 20, page = 1 << 21;
	uintptr_t start = ((uintptr_t)sbrk(0) + page - 1) & ~(page - 1), end;
	void *volatile growth; /* volatile, or the compiler removes malloc() and free() */

	if (mounts < few || mounts > most)
		return;
	mallopt(M_MMAP_THRESHOLD, 32 << 20); /* below this, memory comes from the heap */
	mallopt(M_TOP_PAD, (int)(mounts * each));
	growth = malloc(1 << 20);
	free(growth);
	end = (uintptr_t)sbrk(0);
	if (end > start)
		(void)madvise((void *)start, end - start, MADV_HUGEPAGE);
#else
	(void)mounts;
#endif
}
