/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inject: runs a program in which one thing fails: a system call, or allocations.
 *
 * A seccomp filter asks this process about each system call of the program and of its children
 * (seccomp_unotify(2)), and it is either continued or ended with an error, without having been
 * made. Each process is counted by itself, from main() on, so that a place (process 1, call 37) is
 * the same in every run. Of a process that has started another program nothing fails any more.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum fault_kind {
	FAULT_NONE,
	FAULT_CALL,	   /* one system call */
	FAULT_ALLOCATION,  /* one allocation */
	FAULT_ALLOCATIONS, /* that one and all that follow */
};

struct fault {
	enum fault_kind kind;
	unsigned int process; /* 0 is the program */
	unsigned int index;   /* of the call in its process, or of the allocation, from 1 */
	int error;	      /* a call's */
};

/* A system call that was made, or would have been. */
struct call {
	unsigned int process, index;
	int number;
	unsigned long long first_argument;
};

struct run {
	bool is_hit; /* the fault came to pass */
	bool is_late;
	int status; /* as wait(2) tells it */
	int crashed;
	char *output, *messages;
	struct call *calls;
	size_t calls_count;
	long allocations;
	char where[1200]; /* what failed, in words */
};

/* Ends this process where it can't be done. @timeout is in milliseconds. */
void inject_run(char *const *command, const char *shim, const struct fault *fault, int timeout,
	struct run *run);
void inject_clear(struct run *run);
/* Wait for children that were orphaned. */
void inject_reap(void);

/* ---- what can fail, and how ---- */

const char *call_name(int number);
/* The errors that a call can really end with, ending with 0. NULL: it can't fail. */
const int *call_errors(int number);
bool call_can_end_with(int number, int error);
/* Which argument, from 0, is memory that the call fills; -1: none. */
int call_answer(int number);
