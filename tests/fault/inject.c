/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inject.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shared.h"

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS	   SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

/* Descriptors of the program that nothing else has; only to send over SENDER nobody is asked. */
enum { SENDER = 500, SHARED = 501 };

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define FIRST_ARGUMENT                                                                             \
	(offsetof(struct seccomp_data, args[0]) + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0))

union descriptor_message {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

/* ---- the program's side ---- */

static void send_descriptor(int fd)
{
	union descriptor_message control = {
		.header = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
	struct iovec part = {.iov_base = "", .iov_len = 1};
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	if (sendmsg(SENDER, &message, 0) < 0)
		_exit(120);
}

static void install_filter(void)
{
	struct sock_filter filter[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sendmsg, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIRST_ARGUMENT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SENDER, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};
	long listener = syscall(
		SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);

	if (listener < 0)
		_exit(121);
	send_descriptor((int)listener);
}

static _Noreturn void become(
	char *const *command, const char *shim, int sender, int shared, int output, int messages)
{
	char number[16];
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	snprintf(number, sizeof(number), "%d", SHARED);
	setenv(FAULT_SHARED, number, 1);
	setenv("LD_PRELOAD", shim, 1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setpgid(0, 0) < 0 || dup2(nothing, 0) < 0 || dup2(output, 1) < 0 ||
		dup2(messages, 2) < 0 || dup3(sender, SENDER, O_CLOEXEC) < 0 ||
		dup2(shared, SHARED) < 0)
		_exit(122);
	install_filter();
	execv(command[0], command);
	_exit(123);
}

/* ---- this side ---- */

struct watch {
	int listener;
	const char *program;
	const struct fault *fault;
	struct run *run;
	struct process {
		pid_t pid;
		bool is_started, is_foreign;
		unsigned int calls;
	} processes[64];
	unsigned int count;
};

static int receive_descriptor(int from)
{
	union descriptor_message control = {0};
	char byte;
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	int fd;

	if (recvmsg(from, &message, MSG_CMSG_CLOEXEC) <= 0 ||
		control.header.cmsg_type != SCM_RIGHTS)
		errx(1, "no listener: seccomp's notifications are not to be had here");
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
	return fd;
}

static bool is_program(const struct watch *watch, pid_t pid)
{
	char link[64], path[PATH_MAX];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	length = readlink(link, path, sizeof(path) - 1);
	path[length < 0 ? 0 : length] = '\0';
	return strcmp(path, watch->program) == 0;
}

static struct process *process_of(struct watch *watch, pid_t pid)
{
	for (unsigned int i = 0; i < watch->count; i++)
		if (watch->processes[i].pid == pid)
			return &watch->processes[i];
	if (watch->count == sizeof(watch->processes) / sizeof(*watch->processes))
		errx(1, "too many processes");
	/* All but the first are forks of what has started, or of a program that it has started. */
	watch->processes[watch->count] = (struct process){
		.pid = pid,
		.is_started = watch->count > 0,
		.is_foreign = watch->count > 0 && !is_program(watch, pid),
	};
	return &watch->processes[watch->count++];
}

/* The call with those of its arguments that are strings; what memory held that it fills says
 * nothing. */
static void describe(const struct seccomp_notif *asked, int error, char *text, size_t size)
{
	size_t used = (size_t)snprintf(text, size, "%s(", call_name(asked->data.nr));
	int answer = call_answer(asked->data.nr);

	for (int i = 0; i < 5 && used < size; i++) {
		char string[100] = "";
		struct iovec mine = {string, sizeof(string) - 1};
		struct iovec theirs = {(void *)(uintptr_t)asked->data.args[i], sizeof(string) - 1};
		ssize_t n = asked->data.args[i] < 4096 || i == answer
				    ? -1
				    : process_vm_readv((pid_t)asked->pid, &mine, 1, &theirs, 1, 0);
		size_t length = n < 0 ? 0
				      : strspn(string, "abcdefghijklmnopqrstuvwxyz/._-,:="
						       "ABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890 ");

		if (length && string[length] == '\0')
			used += (size_t)snprintf(
				text + used, size - used, "%s\"%s\"", i ? ", " : "", string);
		else if (asked->data.args[i] < 65536)
			used += (size_t)snprintf(text + used, size - used, "%s%d", i ? ", " : "",
				(int)asked->data.args[i]);
		else
			used += (size_t)snprintf(
				text + used, size - used, "%s%s", i ? ", " : "", "?");
	}
	if (used < size)
		snprintf(text + used, size - used, ") = %s", strerrorname_np(error));
}

static void note_call(
	struct run *run, unsigned int process, unsigned int index, const struct seccomp_data *data)
{
	if (run->calls_count % 256 == 0) {
		run->calls = reallocarray(run->calls, run->calls_count + 256, sizeof(*run->calls));
		if (!run->calls)
			err(1, "calls");
	}
	run->calls[run->calls_count++] = (struct call){process, index, data->nr, data->args[0]};
}

/* The error with which this call is to end, or 0. */
static int judge(struct watch *watch, const struct seccomp_notif *asked)
{
	struct process *process = process_of(watch, (pid_t)asked->pid);
	const struct fault *fault = watch->fault;
	unsigned int number = (unsigned int)(process - watch->processes);

	if (asked->data.nr == FAULT_STARTED) {
		process->is_started = true;
		process->is_foreign = false;
		return ENOSYS;
	}
	if (!process->is_started || process->is_foreign)
		return 0;
	process->calls++;
	if (fault->kind == FAULT_NONE)
		note_call(watch->run, number, process->calls, &asked->data);
	if (fault->kind == FAULT_CALL && fault->process == number &&
		fault->index == process->calls && call_can_end_with(asked->data.nr, fault->error)) {
		watch->run->is_hit = true;
		describe(asked, fault->error, watch->run->where, sizeof(watch->run->where));
		return fault->error;
	}
	if (asked->data.nr == SYS_execve || asked->data.nr == SYS_execveat)
		process->is_foreign = true;
	return 0;
}

/* Answer one question; false: there is nobody left to ask. */
static bool answer_one(struct watch *watch)
{
	struct seccomp_notif asked = {0};
	struct seccomp_notif_resp answer = {0};
	int error;

	if (ioctl(watch->listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) < 0)
		return errno == EINTR || errno == ENOENT;
	error = watch->run ? judge(watch, &asked) : 0;
	answer.id = asked.id;
	answer.error = -error;
	answer.flags = error ? 0 : (__u32)SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	ioctl(watch->listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	return true;
}

static bool answer_within(struct watch *watch, int milliseconds, bool *is_over)
{
	struct pollfd watched = {.fd = watch->listener, .events = POLLIN};

	*is_over = false;
	if (poll(&watched, 1, milliseconds) <= 0)
		return false;
	if (watched.revents & POLLIN)
		return answer_one(watch);
	*is_over = true; /* POLLHUP */
	return false;
}

/* A daemon lives on, and its calls have to be answered for as long as it does. */
static void *keep_answering(void *argument)
{
	struct watch watch = {.listener = (int)(intptr_t)argument};
	bool is_over = false;

	while (!is_over)
		answer_within(&watch, -1, &is_over);
	close(watch.listener);
	return NULL;
}

static void keep(int listener)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, keep_answering, (void *)(intptr_t)listener) != 0)
		errx(1, "no thread");
	pthread_detach(thread);
}

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Until the program has ended, and then a moment for its children. */
static void watch_program(struct watch *watch, pid_t program, int timeout)
{
	enum { GRACE = 20 };
	long end = now() + timeout;
	bool has_ended = false, is_over = false;

	while (!is_over) {
		bool is_answered = answer_within(watch, has_ended ? GRACE : 5, &is_over);

		if (!has_ended && !is_answered)
			has_ended = waitpid(program, &watch->run->status, WNOHANG) == program;
		else if (has_ended && !is_answered && !is_over) {
			keep(watch->listener);
			return;
		}
		if (!has_ended && now() > end) {
			watch->run->is_late = true;
			kill(-program, SIGKILL);
			kill(program, SIGKILL);
			end += timeout;
		}
	}
	close(watch->listener);
	if (!has_ended && waitpid(program, &watch->run->status, 0) < 0)
		err(1, "waitpid");
}

static char *read_back(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = calloc(1, (size_t)size + 1);

	if (!text || pread(fd, text, (size_t)size, 0) != size)
		err(1, "what the program wrote");
	return text;
}

static int temporary(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0)
		err(1, "memfd_create");
	return fd;
}

void inject_run(char *const *command, const char *shim, const struct fault *fault, int timeout,
	struct run *run)
{
	int ends[2], output = temporary("output"), messages = temporary("messages");
	int page = temporary("shared");
	struct fault_shared *shared;
	struct watch watch = {.program = command[0], .fault = fault, .run = run};
	pid_t program;

	*run = (struct run){0};
	if (ftruncate(page, sizeof(*shared)) < 0 ||
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		err(1, "pipes");
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, page, 0);
	if (shared == MAP_FAILED)
		err(1, "mmap");
	if (fault->kind == FAULT_ALLOCATION || fault->kind == FAULT_ALLOCATIONS) {
		shared->fail_from = (long)fault->index;
		shared->fail_to =
			fault->kind == FAULT_ALLOCATION ? shared->fail_from : __LONG_MAX__;
	}
	program = fork();
	if (program == 0)
		become(command, shim, ends[1], page, output, messages);
	if (program < 0)
		err(1, "fork");
	close(ends[1]);
	watch.listener = receive_descriptor(ends[0]);
	/* Since Linux 6.6; without it, it is slower. */
	ioctl(watch.listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	close(ends[0]);
	watch_program(&watch, program, timeout);
	run->output = read_back(output);
	run->messages = read_back(messages);
	run->allocations = shared->allocations;
	run->crashed = shared->crashed;
	run->is_hit = run->is_hit || shared->has_failed;
	strncat(run->where, shared->where, sizeof(run->where) - strlen(run->where) - 1);
	munmap(shared, sizeof(*shared));
	close(page);
	close(output);
	close(messages);
}

void inject_clear(struct run *run)
{
	free(run->output);
	free(run->messages);
	free(run->calls);
}

void inject_reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}
