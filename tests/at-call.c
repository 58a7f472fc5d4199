/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * at-call: run COMMAND again and again as nobody, and stop it each time before another of its
 * system calls.
 *
 *	at-call [--before TEXT] [--during TEXT | --kill] [--output FILE] --after TEXT -- COMMAND...
 *	at-call --only CALL[:NUMBER] --during TEXT -- COMMAND...
 *	at-call --as-root --past CALL[:NUMBER] --during TEXT -- COMMAND...
 *
 * The first run is stopped before its first system call, the second run before its second, and so
 * on, until a run ends before it is stopped. The count begins with umask(2), which a set-user-ID
 * program calls before it looks at its command line; what the dynamic linker does before is left
 * out. The texts are commands for sh: "before" is run before COMMAND is started, "during" while it
 * is stopped, "after" when it has ended. With --kill it is killed where it was stopped. Fails at
 * the first call for which "after" fails, and names the call. Prints how many calls there were.
 * What one run of COMMAND prints is in FILE for "after", or it is discarded.
 *
 * With --only, COMMAND runs once and is stopped before that call alone, its NUMBERth (first) system
 * call of that name. With --past it is stopped when that call has returned. It prints as it always
 * does, and at-call ends with its exit status, as a shell counts it: 128 and the number of a signal
 * that has ended it. Its children are not stopped.
 *
 * The tracer is root, so a set-user-ID program keeps its rights. With --as-root COMMAND is root's
 * from the start.
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
	bool is_killed, prints, is_roots;
};

/* The calls that --only knows. */
static const struct call {
	const char *name;
	unsigned long long number;
} calls[] = {
	{"ioctl", SYS_ioctl},
	{"move_mount", SYS_move_mount},
	{"openat2", SYS_openat2},
	{"recvfrom", SYS_recvfrom},
	{"setresgid", SYS_setresgid},
	{"umount2", SYS_umount2},
	{"wait4", SYS_wait4},
};

static int shell(const char *text)
{
	return text ? system(text) : 0;
}

/* Begin when @gate has a byte: the tracer has to be there before the exec. If it came by the
 * program's own PTRACE_TRACEME, the kernel would ignore the set-user-ID bit. */
static _Noreturn void become_user_and_run(const struct texts *texts, char **command, int gate)
{
	char byte;

	const struct passwd *nobody = getpwnam("nobody");
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int output = !texts->output
			     ? null
			     : open(texts->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (output < 0)
		err(EXIT_FAILURE, "%s", texts->output);
	if (!texts->is_roots &&
		(!nobody || setgroups(0, NULL) < 0 ||
			setresgid(nobody->pw_gid, nobody->pw_gid, nobody->pw_gid) < 0 ||
			setresuid(nobody->pw_uid, nobody->pw_uid, nobody->pw_uid) < 0))
		err(EXIT_FAILURE, "nobody");
	for (int fd = STDIN_FILENO; fd <= (texts->prints ? STDIN_FILENO : STDERR_FILENO); fd++)
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

/* Which entry of a system call is meant: of this number, or of any from umask(2) on. @is_past: not
 * the entry, but the return from it. */
struct point {
	const struct call *only;
	long count;
	bool is_past;
};

static bool is_counted(const struct point *point, unsigned long long number, bool has_begun)
{
	return point->only ? number == point->only->number : has_begun && number != ~0ULL;
}

/* Let @process run to that point. Returns false if it has ended before, with its @status. */
static bool run_to(
	pid_t process, const struct point *point, unsigned long long *number, int *status)
{
	bool has_begun = false, is_reached = false;
	long count = 0;
	int signal = 0;

	for (;;) {
		*status = wait_for(process);
		if (!WIFSTOPPED(*status))
			return false;
		signal = 0;
		if (WSTOPSIG(*status) == (SIGTRAP | 0x80)) {
			if (is_reached)
				return true;
			*number = number_of(process);
			has_begun |= *number == SYS_umask;
			is_reached =
				is_counted(point, *number, has_begun) && ++count == point->count;
			if (is_reached && !point->is_past)
				return true;
		} else if (WSTOPSIG(*status) != SIGTRAP) {
			signal = WSTOPSIG(*status);
		}
		if (ptrace(PTRACE_SYSCALL, process, 0, signal) < 0)
			err(EXIT_FAILURE, "PTRACE_SYSCALL");
	}
}

/* Returns whether the command was stopped at that point; and the @status with which it has ended.
 */
static bool run_once(
	const struct texts *texts, char **command, const struct point *point, int *status)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	unsigned long long number = 0;
	bool is_stopped;
	pid_t process;
	int gate[2];

	if (shell(texts->before) != 0)
		errx(EXIT_FAILURE, "call %ld: not prepared", point->count);
	if (pipe2(gate, O_CLOEXEC) < 0)
		err(EXIT_FAILURE, "pipe2");
	process = fork();
	if (process == 0)
		become_user_and_run(texts, command, gate[0]);
	if (process < 0)
		err(EXIT_FAILURE, "fork");
	if (ptrace(PTRACE_SEIZE, process, 0, options) < 0 || write(gate[1], "", 1) != 1)
		err(EXIT_FAILURE, "PTRACE_SEIZE");
	close(gate[0]);
	close(gate[1]);
	is_stopped = run_to(process, point, &number, status);
	if (is_stopped) {
		shell(texts->during);
		if (texts->is_killed)
			kill(process, SIGKILL);
		else if (ptrace(PTRACE_DETACH, process, 0, 0) < 0)
			err(EXIT_FAILURE, "PTRACE_DETACH");
		*status = wait_for(process);
	}
	if (shell(texts->after) != 0)
		errx(EXIT_FAILURE, "stopped before call %ld, which was system call %llu",
			point->count, number);
	return is_stopped;
}

/* Reads CALL[:NUMBER]. */
static struct point point_read(char *text)
{
	char *number = strchrnul(text, ':');
	struct point point = {.count = *number ? strtol(number + 1, NULL, 10) : 1};

	*number = '\0';
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(calls[i].name, text) == 0)
			point.only = &calls[i];
	if (!point.only || point.count < 1)
		errx(EXIT_FAILURE, "--only and --past: what is %s?", text);
	return point;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{"before", required_argument, NULL, 'b'},
		{"during", required_argument, NULL, 'd'},
		{"kill", no_argument, NULL, 'k'},
		{"output", required_argument, NULL, 'o'},
		{"only", required_argument, NULL, '1'},
		{"past", required_argument, NULL, 'p'},
		{"as-root", no_argument, NULL, 'r'},
		{"after", required_argument, NULL, 'a'},
		{0},
	};
	struct texts texts = {0};
	struct point point = {.count = 1};
	int option, status;

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
		case '1':
		case 'p':
			point = point_read(optarg);
			point.is_past = option == 'p';
			texts.prints = true;
			break;
		case 'r':
			texts.is_roots = true;
			break;
		case 'a':
			texts.after = optarg;
			break;
		default:
			return EXIT_FAILURE;
		}
	}
	if (!argv[optind] || !(point.only ? texts.during : texts.after))
		errx(EXIT_FAILURE, "usage: at-call --after TEXT ... -- COMMAND...");
	if (point.only) {
		if (!run_once(&texts, argv + optind, &point, &status))
			errx(EXIT_FAILURE, "%s has not called %s %ld times", argv[optind],
				point.only->name, point.count);
		return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
	while (run_once(&texts, argv + optind, &point, &status))
		point.count++;
	printf("%ld calls\n", point.count - 1);
	return EXIT_SUCCESS;
}
