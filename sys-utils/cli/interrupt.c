/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/interrupt.h"

#include <errno.h>
#include <libmount.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

static const int interrupting[] = {SIGINT, SIGTERM, SIGHUP};
static volatile sig_atomic_t is_deferred, has_arrived;

static void say_interrupted(void)
{
	/* Not translated: gettext() must not be called in a signal handler. */
	static const char words[] = ": interrupted\n";
	const char *name = program_invocation_short_name;

	/* The signal may have interrupted stdio, so stdio can't be used here. */
	if (write(STDERR_FILENO, name, strlen(name)) > 0)
		(void)!write(STDERR_FILENO, words, sizeof(words) - 1);
}

static void interrupted(int signal)
{
	(void)signal;
	if (is_deferred) {
		has_arrived = 1;
		return;
	}
	say_interrupted();
	_exit(MNT_EX_USER);
}

/* A signal that the caller had set to be ignored stays ignored. */
static void handle(void (*handler)(int))
{
	for (size_t i = 0; i < ELEMENTS(interrupting); i++) {
		struct sigaction action = {.sa_handler = handler}, old;

		if (sigaction(interrupting[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(interrupting[i], &action, NULL);
	}
}

void interrupts_catch(void)
{
	handle(interrupted);
}

void interrupts_reset(void)
{
	handle(SIG_DFL);
}

/* @how: SIG_BLOCK or SIG_UNBLOCK. */
static void mask_interrupting(int how)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ELEMENTS(interrupting); i++)
		sigaddset(&set, interrupting[i]);
	sigprocmask(how, &set, NULL);
}

void interrupts_block(void)
{
	mask_interrupting(SIG_BLOCK);
}

void interrupts_unblock(void)
{
	mask_interrupting(SIG_UNBLOCK);
}

void interrupts_allow(void)
{
	interrupts_reset();
	interrupts_unblock();
}

bool interrupts_end(void)
{
	interrupts_block();
	signal(SIGPIPE, SIG_IGN);
	return !interrupts_pending();
}

bool interrupts_pending(void)
{
	sigset_t pending;

	sigpending(&pending);
	for (size_t i = 0; i < ELEMENTS(interrupting); i++)
		if (sigismember(&pending, interrupting[i]))
			return true;
	return false;
}

void interrupts_defer(bool defer)
{
	is_deferred = defer;
}

bool interrupts_arrived(void)
{
	return has_arrived;
}
