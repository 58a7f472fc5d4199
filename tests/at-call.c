/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * at-call: run COMMAND again and again as nobody, and stop it each time before another of its
 *system calls.
 *
 *	at-call [--before TEXT] [--during TEXT | --kill] [--output FILE] --after TEXT -- COMMAND...
 *
 * The first run is stopped before its first system call, the second run before its second, and so
 *on, until a run ends before it is stopped. The count begins with umask(2), which a set-user-ID
 *program calls before it looks at its command line; what the dynamic linker does before is left
 *out. The texts are commands for sh: "before" is run before COMMAND is started, "during" while it
 *is stopped, "after" when it has ended. With --kill it is killed where it was stopped. Fails at the
 *first call for which "after" fails, and names the call. Prints how many calls there were. What one
 *run of COMMAND prints is in FILE for "after", or it is discarded.
 *
 * The tracer is root, so a set-user-ID program keeps its rights.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct texts {
	const char *before, *during, *after, *output;
	bool is_killed;
};

static int shell(const char *text)
{
	return text ? system(text) : 0;
}

/* Begin when @gate has a byte: the tracer has to be there before the exec. If it came by the
 * program's own PTRACE_TRACEME, the kernel would ignore the set-user-ID bit. */
static _Noreturn void become_nobody_and_run(const struct texts *texts, char **command, int gate)
{
	char byte;

	const struct passwd *nobody = getpwnam("nobody");
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int output = !texts->output
			     ? null
			     : open(texts->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (output < 0)
		err(EXIT_FAILURE, "%s", texts->output);
	if (!nobody || setgroups(0, NULL) < 0 ||
		setresgid(nobody->pw_gid, nobody->pw_gid, nobody->pw_gid) < 0 ||
		setresuid(nobody->pw_uid, nobody->pw_uid, nobody->pw_uid) < 0)
		err(EXIT_FAILURE, "nobody");
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		dup2(fd == STDIN_FILENO ? null : output, fd);
	if (read(gate, &byte, 1) == 1)
		execvp(command[0], command);
	_exit(127);
}

static int wait_for(pid_t process)
{
	int status;

	while (waitpid(process, &status, 0) < 0)
		if (errno != EINTR)
			err(EXIT_FAILURE, "waitpid");
	return status;
}

/* The system call that @process is about to make. */
static unsigned long long number_of(pid_t process)
{
	struct __ptrace_syscall_info info = {0};

	if (ptrace(PTRACE_GET_SYSCALL_INFO, process, sizeof(info), &info) < 0)
		err(EXIT_FAILURE, "PTRACE_GET_SYSCALL_INFO");
	return info.op == PTRACE_SYSCALL_INFO_ENTRY ? info.entry.nr : ~0ULL;
}

/* Let @process run to the @wanted entry of a system call from umask(2) on. Returns false if it has
 * ended before. */
static bool run_to(pid_t process, long wanted, unsigned long long *number)
{
	bool has_begun = false;
	long calls = 0;
	int signal = 0;

	for (;;) {
		int status = wait_for(process);

		if (!WIFSTOPPED(status))
			return false;
		signal = 0;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			*number = number_of(process);
			has_begun |= *number == SYS_umask;
			if (has_begun && *number != ~0ULL && ++calls == wanted)
				return true;
		} else if (WSTOPSIG(status) != SIGTRAP) {
			signal = WSTOPSIG(status);
		}
		if (ptrace(PTRACE_SYSCALL, process, 0, signal) < 0)
			err(EXIT_FAILURE, "PTRACE_SYSCALL");
	}
}

/* Returns whether the command was stopped before its call number @call. */
static bool run_once(const struct texts *texts, char **command, long call)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	unsigned long long number = 0;
	bool is_stopped;
	pid_t process;
	int gate[2];

	if (shell(texts->before) != 0)
		errx(EXIT_FAILURE, "call %ld: not prepared", call);
	if (pipe2(gate, O_CLOEXEC) < 0)
		err(EXIT_FAILURE, "pipe2");
	process = fork();
	if (process == 0)
		become_nobody_and_run(texts, command, gate[0]);
	if (process < 0)
		err(EXIT_FAILURE, "fork");
	if (ptrace(PTRACE_SEIZE, process, 0, options) < 0 || write(gate[1], "", 1) != 1)
		err(EXIT_FAILURE, "PTRACE_SEIZE");
	close(gate[0]);
	close(gate[1]);
	is_stopped = run_to(process, call, &number);
	if (is_stopped) {
		shell(texts->during);
		if (texts->is_killed)
			kill(process, SIGKILL);
		else if (ptrace(PTRACE_DETACH, process, 0, 0) < 0)
			err(EXIT_FAILURE, "PTRACE_DETACH");
		wait_for(process);
	}
	if (shell(texts->after) != 0)
		errx(EXIT_FAILURE, "stopped before call %ld, which was system call %llu", call,
			number);
	return is_stopped;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{"before", required_argument, NULL, 'b'},
		{"during", required_argument, NULL, 'd'},
		{"kill", no_argument, NULL, 'k'},
		{"output", required_argument, NULL, 'o'},
		{"after", required_argument, NULL, 'a'},
		{0},
	};
	struct texts texts = {0};
	long call = 1;
	int option;

	while ((option = getopt_long(argc, argv, "+", names, NULL)) != -1) {
		switch (option) {
		case 'b':
			texts.before = optarg;
			break;
		case 'd':
			texts.during = optarg;
			break;
		case 'k':
			texts.is_killed = true;
			break;
		case 'o':
			texts.output = optarg;
			break;
		case 'a':
			texts.after = optarg;
			break;
		default:
			return EXIT_FAILURE;
		}
	}
	if (!argv[optind] || !texts.after)
		errx(EXIT_FAILURE, "usage: at-call --after TEXT ... -- COMMAND...");
	while (run_once(&texts, argv + optind, call))
		call++;
	printf("%ld calls\n", call - 1);
	return EXIT_SUCCESS;
}
