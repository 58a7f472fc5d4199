/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tap: unit tests that print TAP. A test is a row: a sentence, and a function that checks it.
 *
 *	static const struct tap_test tests[] = {
 *		{"shell_quote leaves plain words alone", quote_plain},
 *	};
 *	TAP_MAIN(tests)
 *
 * tests/run starts each program as root, in a mount namespace and a root directory of its own.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tap_test {
	const char *sentence;
	void (*run)(void);
};

static const char *tap_skip_reason;
static int tap_failures;

static inline bool tap_check(bool held, const char *file, int line, const char *what)
{
	if (!held) {
		tap_failures++;
		printf("# %s:%d: not so: %s\n", file, line, what);
	}
	return held;
}

/* Whether @condition holds; if not, the test fails and goes on. */
#define check(condition) tap_check((condition), __FILE__, __LINE__, #condition)

/* The same for what the rest of the test stands on; if not, it ends here. */
#define check_or_return(condition)                                                                 \
	do {                                                                                       \
		if (!check(condition))                                                             \
			return;                                                                    \
	} while (0)

/* Both strings equal, or both NULL. */
#define check_string(is, wanted)                                                                   \
	tap_check_string((is), (wanted), __FILE__, __LINE__, #is " is " #wanted)
static inline bool tap_check_string(
	const char *is, const char *wanted, const char *file, int line, const char *what)
{
	bool held = is && wanted ? strcmp(is, wanted) == 0 : is == wanted;

	if (!held)
		printf("# it is: %s\n", is ? is : "(NULL)");
	return tap_check(held, file, line, what);
}

/* The test can't be done here. To be followed by a return. */
static inline void skip(const char *reason)
{
	tap_skip_reason = reason;
}

/* Valgrind 3.19 answers ENOSYS to open_tree, move_mount's kin and statmount. */
static inline bool under_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload && strstr(preload, "vgpreload");
}

/* qemu-user 7.2 answers the same, and its statx says of no file which mount it is on. As
 * MOUNT_TUCK_WRAPPER: a process can't tell, and a number of ours that is wrong must not look so. */
static inline bool under_qemu(void)
{
	const char *wrapper = getenv("MOUNT_TUCK_WRAPPER");

	return wrapper && strncmp(wrapper, "qemu-", 5) == 0;
}

/* For a test's first line. */
#define NEEDS_MOUNT_IDS                                                                            \
	if (under_qemu()) {                                                                        \
		skip("the STATX_MNT_ID of qemu-user 7.2 is always 0");                             \
		return;                                                                            \
	}

static inline int tap_run(const struct tap_test *tests, size_t count)
{
	int failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..%zu\n", count);
	for (size_t i = 0; i < count; i++) {
		tap_skip_reason = NULL;
		tap_failures = 0;
		tests[i].run();
		printf("%sok %zu - %s", tap_failures ? "not " : "", i + 1, tests[i].sentence);
		printf(tap_skip_reason ? " # skip %s\n" : "\n", tap_skip_reason);
		failed += tap_failures > 0;
	}
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define TAP_MAIN(tests)                                                                            \
	int main(void)                                                                             \
	{                                                                                          \
		return tap_run((tests), sizeof(tests) / sizeof((tests)[0]));                       \
	}
