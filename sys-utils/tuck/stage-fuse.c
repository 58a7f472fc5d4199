/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuck/stage-fuse.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/option-string.h"
#include "kernel.h"
#include "tuck/stage-child.h"
#include "tuck/stage-direct.h"
#include "util.h"

/* ---- what fuse(8) says about options ---- */

enum reader {
	SERVER, /* all that are not listed: libfuse's and the server's */
	KERNEL,
	HELPER, /* mount.fuse's, and those of libfuse that change what is mounted */
};

static const struct {
	const char *name;
	enum reader reader;
} known_options[] = {
	{"allow_other", KERNEL},
	{"default_permissions", KERNEL},
	{"max_read", KERNEL},
	{"allow_root", HELPER},
	{"auto_unmount", HELPER},
	{"blkdev", HELPER},
	{"blksize", HELPER},
	{"drop_privileges", HELPER},
	{"fd", HELPER},
	{"fsname", HELPER},
	{"group_id", HELPER},
	{"rootmode", HELPER},
	{"setuid", HELPER},
	{"subtype", HELPER},
	{"user_id", HELPER},
};

static enum reader reader_of(const struct option_in_string *option)
{
	for (size_t i = 0; i < ELEMENTS(known_options); i++)
		if (is_word(option->name, option->name_size, known_options[i].name))
			return known_options[i].reader;
	return SERVER;
}

/* ---- the server's program and its source ---- */

/* "fuse.PROGRAM" with the source, or "fuse" with PROGRAM#SOURCE or with PROGRAM alone. The names
 * are allocated. Anything else that the shell of mount.fuse would understand is left to it. */
struct server {
	char *program, *path; /* its name, and its file */
	char *source;	      /* NULL: it has none */
};

static void server_clear(struct server *server)
{
	free(server->program);
	free(server->path);
	free(server->source);
}

static bool is_plain_name(const char *name)
{
	return *name && name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
					  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-")] == '\0';
}

/* The file that a shell would run. Returns NULL if there is none. */
static char *find_program(const char *name)
{
	const char *path = getenv("PATH");

	if (!path)
		path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	for (; *path; path += strspn(path, ":")) {
		size_t length = strcspn(path, ":");
		_cleanup_free_ char *file = NULL;
		struct stat st;

		if (asprintf(&file, "%.*s/%s", (int)length, path, name) < 0)
			return NULL;
		if (stat(file, &st) == 0 && S_ISREG(st.st_mode) && access(file, X_OK) == 0)
			return steal_pointer(&file);
		path += length;
	}
	return NULL;
}

static bool server_read(struct libmnt_context *context, struct server *server)
{
	const char *type = mnt_context_get_fstype(context);
	const char *source = mnt_fs_get_srcpath(mnt_context_get_fs(context));
	const char *hash;

	if (!type || !source)
		return false;
	if (strncmp(type, "fuse.", 5) == 0) {
		server->program = strdup(type + 5);
		server->source = strdup(source);
	} else if (strcmp(type, "fuse") == 0) {
		hash = strchrnul(source, '#');
		server->program = strndup(source, (size_t)(hash - source));
		server->source = *hash ? strdup(hash + 1) : NULL;
	}
	if (!server->program || !is_plain_name(server->program))
		return false;
	server->path = find_program(server->program);
	return server->path;
}

/* Whether a program contains the option @name as a text for the kernel: in a script, the name
 * anywhere; in a binary, the name before "=", "," or the end of the string. (In a help text a blank
 * follows the name.) */
static bool has_option(const char *bytes, size_t size, const char *name)
{
	const char *end = bytes + size, *at = bytes;
	bool is_binary = size > 4 && memcmp(bytes, "\177ELF", 4) == 0;
	size_t length = strlen(name);

	while ((at = memmem(at, (size_t)(end - at), name, length))) {
		at += length;
		if (!is_binary || (at < end && (!*at || *at == ',' || *at == '=')))
			return true;
	}
	return false;
}

/* A program that can ask for a kernel option by itself has the option's name in it. Such a server
 * must mount by itself, or its files would be there with other permissions: bindfs lets all users
 * in if root starts it. */
static bool chooses_kernel_options(const char *path)
{
	_cleanup_close_ int file = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *bytes;
	bool chooses;

	if (file < 0 || fstat(file, &st) < 0 || st.st_size == 0)
		return true;
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, file, 0);
	if (bytes == MAP_FAILED)
		return true;
	chooses = false;
	for (size_t i = 0; i < ELEMENTS(known_options); i++)
		if (known_options[i].reader == KERNEL &&
			has_option(bytes, (size_t)st.st_size, known_options[i].name))
			chooses = true;
	munmap(bytes, (size_t)st.st_size);
	return chooses;
}

bool fuse_is_possible(struct libmnt_context *context)
{
	_cleanup_(server_clear) struct server server = {0};
	const char *rest = mnt_fs_get_fs_options(mnt_context_get_fs(context));
	struct option_in_string option;

	while (next_option(&rest, &option))
		if (reader_of(&option) == HELPER)
			return false;
	return server_read(context, &server) && !chooses_kernel_options(server.path);
}

/* ---- the filesystem ---- */

/* Open /dev/fuse; see stage-fuse.h for why by another file. The file's name is the one that the
 * server would print if it looked for its mount point. */
static int open_device(void)
{
	static const char name[] = "fuse-device-for-mount-tuck";
	_cleanup_close_ int tree = -1;
	char *log;
	int fd;

	tree = direct_mount("tmpfs", 0, "none", NULL, &log);
	free(log);
	if (tree < 0)
		return tree;
	if (mknodat(tree, name, S_IFCHR | 0600, makedev(10, 229)) < 0)
		return -errno;
	fd = openat(tree, name, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlinkat(tree, name, 0);
	return fd;
}

/* The type of @target, without asking its filesystem, which may be dead. */
static mode_t type_of(const char *target)
{
	struct statx st;

	if (!target || statx(AT_FDCWD, target, AT_STATX_DONT_SYNC, STATX_TYPE, &st) < 0 ||
		!S_ISREG(st.stx_mode))
		return S_IFDIR;
	return S_IFREG;
}

static char *options_for_kernel(
	struct libmnt_context *context, const char *program, int device, mode_t type)
{
	const char *rest = mnt_fs_get_fs_options(mnt_context_get_fs(context));
	struct option_in_string option;
	char *text = NULL;

	if (asprintf(&text, "fd=%d,rootmode=%o,user_id=%u,group_id=%u,subtype=%s", device, type,
		    geteuid(), getegid(), program) < 0)
		return NULL;
	while (next_option(&rest, &option)) {
		char *longer;

		if (reader_of(&option) != KERNEL)
			continue;
		if (asprintf(&longer, "%s,%.*s%s%.*s", text, (int)option.name_size, option.name,
			    option.value ? "=" : "", (int)option.value_size,
			    option.value ?: "") < 0)
			longer = NULL;
		free(text);
		text = longer;
		if (!text)
			return NULL;
	}
	return text;
}

/* As mount.fuse passes them: all that is not for mount(8) alone. */
static char *options_for_server(struct libmnt_context *context)
{
	struct libmnt_fs *fs = mnt_context_get_fs(context);
	const char *flags = mnt_fs_get_vfs_options(fs), *others = mnt_fs_get_fs_options(fs);
	unsigned long bits = 0;
	char *text = NULL;

	mnt_context_get_mflags(context, &bits);
	if (asprintf(&text, "%s%s%s%s%s", flags ?: "rw", others && *others ? "," : "", others ?: "",
		    bits & MS_NODEV ? "" : ",dev", bits & MS_NOSUID ? "" : ",suid") < 0)
		return NULL;
	return text;
}

/* ---- the server ---- */

static _Noreturn void run_server(
	const struct server *server, const char *options, int device, int words)
{
	char mount_point[32];
	char *arguments[6], **next = arguments;

	snprintf(mount_point, sizeof(mount_point), "/dev/fd/%d", device);
	*next++ = server->program;
	if (server->source)
		*next++ = server->source;
	*next++ = mount_point;
	*next++ = (char *)"-o";
	*next++ = (char *)options;
	*next = NULL;
	setenv("HOME", "/root", /* overwrite= */ false);
	if (fcntl(device, F_SETFD, 0) == 0 && dup2(words, STDERR_FILENO) >= 0)
		execv(server->path, arguments);
	_exit(127);
}

/* Start the server and wait until it has gone into the background. What it prints until then goes
 * into the file @words. Returns 0 or -errno. */
static int start_server(const struct server *server, const char *options, int device, int words)
{
	pid_t process = fork();
	int status;

	if (process == 0)
		run_server(server, options, device, words);
	if (process < 0)
		return -errno;
	while (waitpid(process, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ENOTCONN;
}

/* Print what the server has printed. What it prints later is lost, as it is in the background. */
static void print_words(int words)
{
	char text[1024];
	ssize_t length;

	(void)!fcntl(words, F_ADD_SEALS, F_SEAL_GROW);
	if (lseek(words, 0, SEEK_SET) < 0)
		return;
	while ((length = read(words, text, sizeof(text))) > 0)
		if (write(STDERR_FILENO, text, (size_t)length) < 0)
			return;
}

/* The parameters of fuse_stage(). */
struct fuse_errand {
	struct libmnt_context *context;
	const char *target;
};

static int serve(const struct fuse_errand *errand)
{
	struct libmnt_context *context = errand->context;
	_cleanup_(server_clear) struct server server = {0};
	_cleanup_close_ int device = open_device();
	_cleanup_close_ int words = memfd_create("messages", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	_cleanup_close_ int tree = -1;
	_cleanup_free_ char *for_kernel = NULL, *for_server = NULL, *log = NULL;
	unsigned long flags = 0;
	struct statfs unused;
	int r;

	if (device < 0 || words < 0)
		return -errno;
	if (!server_read(context, &server))
		return -ENOENT;
	for_kernel = options_for_kernel(context, server.program, device, type_of(errand->target));
	for_server = options_for_server(context);
	if (!for_kernel || !for_server)
		return -ENOMEM;
	mnt_context_get_mflags(context, &flags);
	/* libfuse's default for the source is the program's name, too. */
	tree = direct_mount("fuse", flags, server.program, for_kernel, &log);
	if (tree < 0)
		return tree;
	r = start_server(&server, for_server, device, words);
	if (r < 0)
		return r;
	/* If no server has the device, this close ends the connection, and fstatfs() fails.
	 * Otherwise fstatfs() returns after the server's first answer. */
	close(steal_fd(&device));
	if (fstatfs(tree, &unused) < 0)
		return -errno;
	print_words(words);
	return steal_fd(&tree);
}

static int fuse_job(const void *data, int socket)
{
	struct staged answer = STAGED_NOTHING;
	_cleanup_close_ int tree = -1;

	signal(SIGCHLD, SIG_DFL); /* the program may have been started with SIGCHLD ignored */
	tree = serve(data);
	if (tree < 0)
		return stage_answer_failure(socket, &answer, MNT_EX_FAIL, "", tree);
	answer.tree = tree;
	stage_answer(socket, &answer);
	return answer.status;
}

void fuse_stage(struct libmnt_context *context, const char *target, struct staged *staged)
{
	const struct fuse_errand errand = {.context = context, .target = target};

	stage_in_child(fuse_job, &errand, staged);
}
