/* SPDX-License-Identifier: GPL-2.0-or-later */
/* in-root [--pids] COMMAND...: run COMMAND in a mount namespace and a small root of its own, on a
 * tmpfs that goes when it ends; with --pids it also has process numbers of its own, and takes its
 * processes along.
 *
 * Every test runs in one, so a test may use /opt, /etc/fstab or /run/mount/utab as it likes, and
 * "/" is a shared mount as it is on a real system, without a way to the machine's own mounts.
 * Directories that must be there under their own paths are named in MOUNT_TUCK_KEEP, one a line.
 *
 * A program, because a script would start twenty for the same, before each of two thousand roots.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOT "/mnt"

static void attach(const char *source, const char *target, const char *type, unsigned long flags,
	const char *data)
{
	if (mount(source, target, type, flags, data) < 0)
		err(1, "in-root: mount on %s", target);
}

/* Below the root: PATH and what leads to it. A directory that is there stays as it is: it may be in
 * one that was kept, and so the machine's. */
static void make_directory(const char *path, mode_t mode)
{
	char *name = strdup(path);

	if (!name)
		err(1, "in-root");
	for (char *end = strchr(name + 1, '/'); end; end = strchr(end + 1, '/')) {
		*end = '\0';
		if (mkdir(name, 0755) < 0 && errno != EEXIST)
			err(1, "in-root: %s", name);
		*end = '/';
	}
	if (mkdir(name, 0755) < 0 ? errno != EEXIST : chmod(name, mode) < 0)
		err(1, "in-root: %s", name);
	free(name);
}

/* A directory of the system under its own path, without the mounts on it. */
static void keep(const char *path)
{
	char *here = NULL;

	if (asprintf(&here, ".%s", path) < 0)
		err(1, "in-root");
	make_directory(here, 0755);
	attach(path, here, NULL, MS_BIND, NULL);
	free(here);
}

static void copy_link(const char *from, const char *to)
{
	char target[4096];
	ssize_t length = readlink(from, target, sizeof(target) - 1);

	if (length < 0)
		err(1, "in-root: %s", from);
	target[length] = '\0';
	if (symlink(target, to) < 0)
		err(1, "in-root: %s", to);
}

static void copy_file(const char *from, const char *to, const struct stat *st)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, st->st_mode & 0777);

	if (in < 0 || out < 0)
		err(1, "in-root: copy %s", from);
	for (off_t left = st->st_size; left > 0;) {
		ssize_t sent = sendfile(out, in, NULL, (size_t)left);

		if (sent <= 0)
			err(1, "in-root: copy %s", from);
		left -= sent;
	}
	close(in);
	close(out);
}

/* Files, links and directories of them; what is not there is left out. */
static void copy(const char *from, const char *to)
{
	struct stat st;

	if (lstat(from, &st) < 0)
		return;
	if (S_ISLNK(st.st_mode)) {
		copy_link(from, to);
	} else if (S_ISREG(st.st_mode)) {
		copy_file(from, to, &st);
	} else if (S_ISDIR(st.st_mode)) {
		DIR *directory = opendir(from);

		if (!directory)
			err(1, "in-root: %s", from);
		make_directory(to, 0755);
		for (struct dirent *entry; (entry = readdir(directory));) {
			char *inner_from = NULL;
			char *inner_to = NULL;

			if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
				continue;
			if (asprintf(&inner_from, "%s/%s", from, entry->d_name) < 0 ||
				asprintf(&inner_to, "%s/%s", to, entry->d_name) < 0)
				err(1, "in-root");
			copy(inner_from, inner_to);
			free(inner_from);
			free(inner_to);
		}
		closedir(directory);
	}
}

static void populate(void)
{
	static const char *const empty[] = {
		"etc", "home", "mnt", "opt", "proc", "root", "run", "srv"};
	static const char *const everyones[] = {"tmp", "var/tmp"};
	static const char *const system[] = {
		"/usr", "/dev", "/dev/pts", "/sys", "/bin", "/sbin", "/lib", "/lib32", "/lib64"};
	static const char *const files[] = {"/etc/alternatives", "/etc/fuse.conf", "/etc/group",
		"/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/mke2fs.conf",
		"/etc/nsswitch.conf", "/etc/passwd"};
	const char *kept = getenv("MOUNT_TUCK_KEEP");
	char *lines = strdup(kept ? kept : "");
	char *rest = lines;
	struct stat st;

	if (!lines)
		err(1, "in-root");
	for (size_t i = 0; i < sizeof(empty) / sizeof(*empty); i++)
		make_directory(empty[i], 0755);
	for (size_t i = 0; i < sizeof(everyones) / sizeof(*everyones); i++)
		make_directory(everyones[i], 01777);
	/* /bin and the like are links into /usr on most systems. */
	for (size_t i = 0; i < sizeof(system) / sizeof(*system); i++) {
		if (lstat(system[i], &st) < 0)
			continue;
		if (S_ISLNK(st.st_mode))
			copy_link(system[i], system[i] + 1);
		else
			keep(system[i]);
	}
	for (char *line; (line = strsep(&rest, "\n"));)
		if (*line && strncmp(line, "/usr/", 5) != 0)
			keep(line);
	free(lines);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		copy(files[i], files[i] + 1);
	if (symlink("/proc/self/mounts", "etc/mtab") < 0 ||
		mknod("etc/fstab", S_IFREG | 0644, 0) < 0)
		err(1, "in-root: etc");
}

/* Returns in the first process of the new process namespace; the caller waits, and ends as that
 * does. */
static void become_its_own_init(void)
{
	pid_t child = fork();
	int status = 0;

	if (child < 0)
		err(1, "in-root: fork");
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		return;
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			err(1, "in-root: waitpid");
	if (WIFSIGNALED(status)) {
		signal(WTERMSIG(status), SIG_DFL);
		raise(WTERMSIG(status));
	}
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* To the root of the mount namespace: the caller may be in a chroot, even in one whose "/" is a
 * plain directory. */
static void leave_chroot(int namespace)
{
	if (setns(namespace, CLONE_NEWNS) < 0)
		err(1, "in-root: setns");
}

static int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		err(1, "in-root: %s", path);
	return fd;
}

/* What is the caller's to see, mounted to be the new root, and the mounts of the machine out of
 * reach. In a chroot everything is taken from the chroot, but it is not stayed in: what tests ask
 * of mounts and namespaces has the same answer everywhere. */
static void become_root(void)
{
	int namespace = open_or_die("/proc/self/ns/mnt", O_RDONLY);
	int old = open_or_die("/", O_PATH | O_DIRECTORY);
	int new;

	leave_chroot(namespace);
	attach(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	if (fchdir(old) < 0 || chroot(".") < 0)
		err(1, "in-root: chroot");
	attach("test-root", ROOT, "tmpfs", 0, "mode=755");
	if (chdir(ROOT) < 0)
		err(1, "in-root: " ROOT);
	populate();
	/* The process numbers may be the test's own. */
	attach("proc", "proc", "proc", 0, NULL);
	new = open_or_die(".", O_PATH | O_DIRECTORY);
	leave_chroot(namespace);
	if (fchdir(new) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
		umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		err(1, "in-root: pivot_root");
	attach(NULL, "/", NULL, MS_REC | MS_SHARED, NULL);
}

int main(int argc, char **argv)
{
	bool own_pids = argc > 1 && strcmp(argv[1], "--pids") == 0;
	char **command = argv + (own_pids ? 2 : 1);

	if (!*command)
		errx(1, "usage: in-root [--pids] COMMAND...");
	umask(022);
	if (unshare(CLONE_NEWNS | (own_pids ? CLONE_NEWPID : 0)) < 0)
		err(1, "in-root: unshare");
	if (own_pids)
		become_its_own_init();
	become_root();
	execvp(*command, command);
	err(127, "in-root: %s", *command);
}
