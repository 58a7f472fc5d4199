/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the program under test and the one that watches it both see: a page of memory. */
#pragma once

#include <stdbool.h>

#define FAULT_SHARED  "FAULT_SHARED" /* environment: the descriptor of that page */
#define FAULT_STARTED 0x7a17	     /* a number of no system call: main() is about to begin */

struct fault_shared {
	long allocations; /* how many there were, in all processes */
	long fail_from;	  /* the first that fails; 0: none */
	long fail_to;	  /* the last */
	bool has_failed;
	int crashed; /* the signal that a process died of */
	char where[900];
};
