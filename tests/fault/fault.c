/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fault: runs a command once for each of its system calls and allocations, which then fails, and
 * judges the result (judge.c).
 *
 * First the command runs undisturbed: its calls and allocations are those that are made to fail,
 * and the state after it is that of a success. Each fault begins from the same state.
 * tests/fault/run has the commands; it reads the counts in the last line.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "inject.h"
#include "judge.h"
#include "state.h"

enum { TIMEOUT = 10000, SETTLES_WITHIN = 2000 };

static struct {
	const char *name, *shim, *half, *allowed, *only;
	const char *clear[8], *bind[8]; /* HOLDER:TARGET, the first is where SOURCES are bound to */
	size_t clear_count, bind_count;
	struct place_list places;
	unsigned int every;
	int status; /* that the command ends with */
	bool is_long, tells_messages;
	char **command;
} row;

static struct expected expected;

static struct {
	unsigned int calls, allocations, unchanged, half, finished, passed, failed, excused, missed;
} counts;

static void run_shell(const char *command)
{
	int status = system(command);

	if (status != 0)
		errx(1, "%s: status %#x: %s", row.name, (unsigned int)status, command);
}

static void pause_for(long milliseconds)
{
	nanosleep(&(struct timespec){.tv_nsec = milliseconds * 1000000}, NULL);
}

/* ---- one fault ---- */

static const char *fault_id(const struct fault *fault)
{
	static char text[64];

	if (fault->kind == FAULT_CALL)
		snprintf(text, sizeof(text), "call %u.%u %s", fault->process, fault->index,
			strerrorname_np(fault->error));
	else
		snprintf(text, sizeof(text), "allocation %u%s", fault->index,
			fault->kind == FAULT_ALLOCATIONS ? "+" : "");
	return text;
}

/* In @place, HOLDER:TARGET, nothing is mounted at the target any more. */
static void clear_place(const char *place)
{
	const char *target = strchr(place, ':') + 1;
	pid_t child = fork();

	if (child == 0) {
		char path[64];
		int fd;

		snprintf(path, sizeof(path), "/proc/%.*s/ns/mnt", (int)(target - place - 1), place);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || setns(fd, CLONE_NEWNS) < 0)
			_exit(1);
		while (umount2(target, MNT_DETACH) == 0)
			;
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void reset(void)
{
	for (size_t i = 0; i < row.clear_count; i++)
		clear_place(row.clear[i]);
	for (size_t i = 0; i < row.bind_count; i++)
		if (mount(row.bind[i], strchr(row.clear[0], ':') + 1, NULL, MS_BIND | MS_REC,
			    NULL) < 0)
			err(1, "%s", row.bind[i]);
	if (truncate("/run/mount/utab", 0) < 0)
		err(1, "utab");
}

/* From any state to the one before, which is proven to be the same as ever. */
static void restore(const char *after)
{
	if (!expected.before.mounts) {
		reset();
		pause_for(300); /* what the command before has still to let go of */
	}
	for (int tries = 0; tries < 200; tries++) {
		struct state now;
		bool is_same_again;

		inject_reap();
		state_read(&row.places, NULL, &now);
		is_same_again = !expected.before.mounts ||
				(is_same(now.mounts, expected.before.mounts) &&
					is_same(now.utab, expected.before.utab) &&
					is_same(now.rest, expected.before.rest));
		if (is_same_again) {
			state_clear(&expected.before);
			expected.before = now;
			return;
		}
		if (tries == 199)
			state_print_difference(&expected.before, &now);
		state_clear(&now);
		/* What only reads has left it as it was. */
		if (tries % 40 == 0)
			reset();
		else
			pause_for(5);
	}
	errx(1, "%s: the state before can't be made again after %s", row.name, after);
}

/* What there is when nothing is left over, or not in time. */
static void settle(struct state *now, struct sight *sight)
{
	for (long waited = 0; waited < SETTLES_WITHIN; waited += 5) {
		inject_reap();
		state_read(&row.places, &expected.before, now);
		*sight = look(&expected, now);
		if (sight->nothing_is_left)
			return;
		pause_for(5);
		state_clear(now);
	}
	state_read(&row.places, &expected.before, now);
}

static void tell(const struct fault *fault, const struct run *run, const char *reason)
{
	printf("# %s: %s: %s: %s\n", row.name, fault_id(fault), run->where, reason);
	printf("#   status %d%s%s%s\n", WEXITSTATUS(run->status), *run->messages ? ": " : "",
		run->messages, run->messages[strcspn(run->messages, "\n")] ? "" : " (no message)");
}

static void try_fault(const struct fault *fault, const struct call *call)
{
	/* What is to say can't be said. */
	bool is_mute = call && call->first_argument == STDERR_FILENO &&
		       strstr(call_name(call->number), "write");
	const char *reason;
	struct sight sight;
	struct state now;
	struct run run;

	inject_run(row.command, row.shim, fault, TIMEOUT, &run);
	settle(&now, &sight);
	reason = judge(&expected, &run, &sight, is_mute);
	if (!run.is_hit) {
		counts.missed++;
	} else {
		if (fault->kind == FAULT_CALL)
			counts.calls++;
		else
			counts.allocations++;
		if (sight.is_finished && run.status == expected.first.status)
			counts.finished++;
		else if (sight.is_before)
			counts.unchanged++;
		else if (sight.is_half)
			counts.half++;
		else
			counts.finished++;
	}
	if (reason && is_excused(row.allowed, row.name, run.where, reason)) {
		counts.excused++;
	} else if (reason) {
		counts.failed++;
		tell(fault, &run, reason);
		state_print_difference(sight.is_before || !WIFEXITED(run.status)
					       ? &expected.before
					       : &expected.finished,
			&now);
	} else if (run.is_hit) {
		counts.passed++;
		if (row.tells_messages || row.only)
			tell(fault, &run, "as it should be");
	}
	if (row.only)
		printf("%s", run.output);
	if (!sight.is_before || reason || !sight.utab_is_before)
		restore(run.where);
	state_clear(&now);
	inject_clear(&run);
}

/* ---- all of them ---- */

static bool is_wanted(const struct fault *fault)
{
	return !row.only || strcmp(row.only, fault_id(fault)) == 0;
}

/* Whether there is one like it in the same process before this one, or after it. */
static bool is_first_or_last(const struct run *run, size_t at)
{
	const struct call *call = &run->calls[at];
	bool is_first = true, is_last = true;

	for (size_t i = 0; i < run->calls_count; i++)
		if (run->calls[i].process == call->process &&
			run->calls[i].number == call->number) {
			is_first = is_first && i >= at;
			is_last = is_last && i <= at;
		}
	return is_first || is_last;
}

static void try_call(const struct run *run, size_t at)
{
	const struct call *call = &run->calls[at];
	const int *errors = call_errors(call->number);
	unsigned int count = 0;

	while (errors && errors[count])
		count++;
	for (unsigned int i = 0; i < count; i++) {
		struct fault fault = {FAULT_CALL, call->process, call->index, errors[i]};
		bool is_sample =
			at % count == i && (at % row.every == 0 || is_first_or_last(run, at));

		if (row.only ? is_wanted(&fault) : row.is_long || is_sample)
			try_fault(&fault, call);
	}
}

static void try_allocations(long allocations, enum fault_kind kind, unsigned int every)
{
	for (unsigned int i = 1; (long)i <= allocations; i++) {
		struct fault fault = {.kind = kind, .index = i};

		if (row.only ? is_wanted(&fault) : i % every == 0 || i == 1)
			try_fault(&fault, NULL);
	}
}

/* One undisturbed run, and what it leaves. */
static void run_undisturbed(struct run *run, struct state *after)
{
	static const struct fault none = {0};

	inject_run(row.command, row.shim, &none, TIMEOUT, run);
	pause_for(100); /* what its children still have to do */
	inject_reap();
	state_read(&row.places, &expected.before, after);
	if (run->is_late || !WIFEXITED(run->status) || run->crashed)
		errx(1, "%s: undisturbed it ends with %#x: %s", row.name, (unsigned int)run->status,
			run->messages);
}

static void learn(void)
{
	struct state again;
	struct run second;

	restore("no fault");
	if (row.half) {
		run_shell(row.half);
		state_read(&row.places, &expected.before, &expected.half);
		restore("no fault");
	}
	run_undisturbed(&expected.first, &expected.finished);
	if (WEXITSTATUS(expected.first.status) != row.status)
		errx(1, "%s: undisturbed it ends with status %d: %s", row.name,
			WEXITSTATUS(expected.first.status), expected.first.messages);
	restore("no fault");
	/* The same once more, or no comparison means anything. */
	run_undisturbed(&second, &again);
	if (!is_same(again.mounts, expected.finished.mounts) ||
		!is_same(again.utab, expected.finished.utab) ||
		!is_same(again.rest, expected.finished.rest) ||
		!is_same(second.output, expected.first.output)) {
		state_print_difference(&expected.finished, &again);
		errx(1, "%s: two runs differ", row.name);
	}
	inject_clear(&second);
	state_clear(&again);
	restore("no fault");
}

static void read_options(int argc, char **argv)
{
	static const struct option options[] = {{"name", 1, NULL, 'n'}, {"shim", 1, NULL, 's'},
		{"clear", 1, NULL, 'c'}, {"bind", 1, NULL, 'b'}, {"half", 1, NULL, 'h'},
		{"allowed", 1, NULL, 'a'}, {"only", 1, NULL, 'o'}, {"holder", 1, NULL, 'p'},
		{"directory", 1, NULL, 'd'}, {"loops", 1, NULL, 'l'}, {"every", 1, NULL, 'e'},
		{"status", 1, NULL, 'S'}, {"long", 0, NULL, 'L'}, {"messages", 0, NULL, 'm'},
		{NULL, 0, NULL, 0}};
	static const char *holders[8], *directories[16];
	int option;

	row.every = 1;
	row.places.holders = holders;
	row.places.directories = directories;
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (option) {
		case 'n':
			row.name = optarg;
			break;
		case 's':
			row.shim = optarg;
			break;
		case 'c':
			row.clear[row.clear_count++ % 8] = optarg;
			break;
		case 'b':
			row.bind[row.bind_count++ % 8] = optarg;
			break;
		case 'h':
			row.half = *optarg ? optarg : NULL;
			break;
		case 'a':
			row.allowed = optarg;
			break;
		case 'o':
			row.only = *optarg ? optarg : NULL;
			break;
		case 'p':
			holders[row.places.holders_count++ % 8] = optarg;
			break;
		case 'd':
			directories[row.places.directories_count++ % 16] = optarg;
			break;
		case 'l':
			row.places.loops = optarg;
			break;
		case 'e':
			row.every = (unsigned int)atoi(optarg);
			break;
		case 'S':
			row.status = atoi(optarg);
			break;
		case 'L':
			row.is_long = true;
			break;
		case 'm':
			row.tells_messages = true;
			break;
		default:
			exit(1);
		}
	}
	row.command = argv + optind;
	if (!row.name || !row.shim || !row.clear_count || !row.places.loops || !row.every ||
		!*row.command || !strchr(*row.command, '/'))
		errx(1, "usage: see tests/fault/run");
	expected.program = strrchr(*row.command, '/') + 1;
	expected.has_half = row.half != NULL;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	read_options(argc, argv);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	learn();
	for (size_t i = 0; i < expected.first.calls_count; i++)
		try_call(&expected.first, i);
	try_allocations(expected.first.allocations, FAULT_ALLOCATION, row.is_long ? 1 : row.every);
	try_allocations(
		expected.first.allocations, FAULT_ALLOCATIONS, row.is_long ? 1 : 5 * row.every);
	printf("%u %u %u %u %u %u %u %u %u\n", counts.passed, counts.failed, counts.excused,
		counts.calls, counts.allocations, counts.unchanged, counts.half, counts.finished,
		counts.missed);
	return 0;
}
