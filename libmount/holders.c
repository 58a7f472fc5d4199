/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "holders.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "kernel.h"
#include "util.h"

/* One walk over /proc. */
struct search {
	int proc;
	const struct held *held;
	struct holders *holders;
	bool is_first_enough;
	pid_t pid; /* of the process that is looked at */
};

void holders_free(struct holders *holders)
{
	for (size_t i = 0; i < holders->count; i++)
		free(holders->list[i].path);
	free(holders->list);
	*holders = (struct holders){0};
}

/* ---- one file ---- */

static bool is_held_mount(const struct held *held, const struct mount_identity *file)
{
	for (size_t i = 0; i < held->count; i++) {
		const struct held_mount *mount = &held->mounts[i];

		if (mount->unique_id && file->unique_id ? mount->unique_id == file->unique_id
							: mount->short_id == file->short_id)
			return true;
	}
	return false;
}

static bool is_of_held(const struct held *held, const struct mount_identity *file)
{
	if (!held->is_mounts_only && file->device == held->device)
		return true;
	/* Some filesystems give their files other devices than the mount's (overlay, btrfs). A
	 * short id that is used again is only believed for a file of the same device. */
	return is_held_mount(held, file) && (file->unique_id || file->device == held->device);
}

/* Returns 1 and @type if the file that @link leads to is held; 0 if not; -errno of statx(2). */
static int look_at_link(int proc, const char *link, const struct held *held, mode_t *type)
{
	struct mount_identity file;
	int r = kernel_identify(proc, link, 0, &file);

	if (r < 0)
		return r;
	*type = file.mode & S_IFMT;
	return is_of_held(held, &file);
}

static char *read_path(int proc, const char *link)
{
	char path[4096];
	ssize_t length = readlinkat(proc, link, path, sizeof(path));

	return strndup(length > 0 ? path : "", length > 0 ? (size_t)length : 0);
}

static void read_holder_command(int proc, struct holder *holder)
{
	char path[32];
	ssize_t length = -1;
	int fd;

	snprintf(path, sizeof(path), "%d/comm", holder->pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		length = read(fd, holder->command, sizeof(holder->command) - 1);
		close(fd);
	}
	holder->command[length > 0 ? length : 0] = '\0';
	holder->command[strcspn(holder->command, "\n")] = '\0';
}

static int add_holder(const struct search *search, const char *link, enum mnttuck_hold hold)
{
	struct holders *holders = search->holders;
	struct holder *larger = reallocarray(holders->list, holders->count + 1, sizeof(*larger));
	struct holder *holder;

	if (!larger)
		return -ENOMEM;
	holders->list = larger;
	holder = &larger[holders->count];
	*holder = (struct holder){.pid = search->pid, .hold = hold};
	snprintf(holder->link, sizeof(holder->link), "%s", link);
	holder->path = read_path(search->proc, link);
	if (!holder->path)
		return -ENOMEM;
	read_holder_command(search->proc, holder);
	holders->count++;
	return 0;
}

static bool has_enough(const struct search *search)
{
	return search->is_first_enough && search->holders->count > 0;
}

/* ---- one process ---- */

/* @program: the link leads to the program that runs. EACCES tells that the process may not be
 * looked at. */
static int look_at_file(const struct search *search, const char *link, bool is_program)
{
	mode_t type;
	int r = look_at_link(search->proc, link, search->held, &type);

	if (r == 1)
		r = add_holder(search, link,
			is_program	? MNTTUCK_HOLDS_PROGRAM
			: S_ISDIR(type) ? MNTTUCK_HOLDS_DIRECTORY
					: MNTTUCK_HOLDS_FILE);
	return r == -ENOMEM || r == -EACCES || r == -EPERM ? r : 0;
}

/* Open a directory of /proc. NULL and errno. */
static DIR *open_directory(int proc, const char *path)
{
	int fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);

	if (!directory && fd >= 0)
		close(fd);
	return directory;
}

static int look_at_descriptors(const struct search *search, const char *thread)
{
	char path[80];
	struct dirent *entry;
	DIR *directory;
	int r = 0;

	snprintf(path, sizeof(path), "%s/fd", thread);
	directory = open_directory(search->proc, path);
	if (!directory)
		return errno == ENOENT || errno == ESRCH ? 0 : -errno;
	while (r == 0 && !has_enough(search) && (entry = readdir(directory))) {
		if (*entry->d_name == '.')
			continue;
		snprintf(path, sizeof(path), "%s/fd/%.16s", thread, entry->d_name);
		r = look_at_file(search, path, /* is_program= */ false);
	}
	closedir(directory);
	return r;
}

static int look_at_directories(const struct search *search, const char *thread)
{
	char path[80];
	int r;

	snprintf(path, sizeof(path), "%s/cwd", thread);
	r = look_at_file(search, path, /* is_program= */ false);
	if (r < 0 || has_enough(search))
		return r;
	snprintf(path, sizeof(path), "%s/root", thread);
	return look_at_file(search, path, /* is_program= */ false);
}

/* Threads may have descriptors and directories of their own. */
static int look_at_threads(const struct search *search)
{
	char path[80];
	struct dirent *entry;
	DIR *directory;
	int r = 0;

	snprintf(path, sizeof(path), "%d/task", search->pid);
	directory = open_directory(search->proc, path);
	if (!directory)
		return errno == ENOENT || errno == ESRCH ? 0 : -errno;
	while (r == 0 && !has_enough(search) && (entry = readdir(directory))) {
		pid_t thread = (pid_t)strtol(entry->d_name, NULL, 10);

		if (thread <= 0 || thread == search->pid)
			continue;
		snprintf(path, sizeof(path), "%d/task/%d", search->pid, thread);
		if (!kernel_threads_share(search->pid, thread, KCMP_FS))
			r = look_at_directories(search, path);
		if (r == 0 && !has_enough(search) &&
			!kernel_threads_share(search->pid, thread, KCMP_FILES))
			r = look_at_descriptors(search, path);
	}
	closedir(directory);
	return r;
}

/* A line of maps. */
struct mapping {
	char range[40]; /* its name in map_files */
	dev_t device;
	unsigned long inode; /* 0: no file is mapped */
};

static bool parse_mapping(const char *line, struct mapping *mapping)
{
	unsigned int device_major, device_minor;
	unsigned long first, last;

	if (sscanf(line, "%lx-%lx %*s %*s %x:%x %lu", &first, &last, &device_major, &device_minor,
		    &mapping->inode) != 5)
		return false;
	mapping->device = makedev(device_major, device_minor);
	snprintf(mapping->range, sizeof(mapping->range), "%lx-%lx", first, last);
	return true;
}

/* Whether @mapping's file is held. A caller that may not follow map_files compares devices. */
static int look_at_mapping(
	const struct search *search, const struct mapping *mapping, char link[80])
{
	mode_t type;
	int r;

	snprintf(link, 80, "%d/map_files/%s", search->pid, mapping->range);
	r = look_at_link(search->proc, link, search->held, &type);
	if (r == -EPERM || r == -EACCES)
		return !search->held->is_mounts_only && mapping->device == search->held->device;
	return r > 0;
}

/* A file is named once. The program's own file is not named again. */
static int look_at_mappings(const struct search *search, bool has_program)
{
	_cleanup_free_ char *line = NULL;
	_cleanup_fclose_ FILE *file = NULL;
	struct mapping last = {0};
	bool is_program_known = false;
	ino_t program = 0;
	char link[80];
	struct stat st;
	size_t size = 0;
	int fd, r = 0;

	snprintf(link, sizeof(link), "%d/exe", search->pid);
	if (has_program && fstatat(search->proc, link, &st, 0) == 0) {
		program = st.st_ino;
		is_program_known = true;
	}
	snprintf(link, sizeof(link), "%d/maps", search->pid);
	fd = openat(search->proc, link, O_RDONLY | O_CLOEXEC);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file && fd >= 0)
		close(fd);
	while (file && r == 0 && !has_enough(search) && getline(&line, &size, file) > 0) {
		struct mapping mapping;

		if (!parse_mapping(line, &mapping) || !mapping.inode ||
			(mapping.inode == last.inode && mapping.device == last.device))
			continue;
		last = mapping;
		if (is_program_known && mapping.inode == program)
			continue;
		if (look_at_mapping(search, &mapping, link))
			r = add_holder(search, link, MNTTUCK_HOLDS_MAP);
	}
	return r;
}

static int look_at_process(const struct search *search)
{
	size_t before = search->holders->count;
	char path[80];
	int r;

	snprintf(path, sizeof(path), "%d", search->pid);
	r = look_at_directories(search, path);
	if (r < 0 || has_enough(search))
		return r;
	snprintf(path, sizeof(path), "%d/exe", search->pid);
	before = search->holders->count;
	r = look_at_file(search, path, /* is_program= */ true);
	if (r < 0 || has_enough(search))
		return r;
	r = look_at_mappings(search, search->holders->count > before);
	if (r < 0 || has_enough(search))
		return r;
	snprintf(path, sizeof(path), "%d", search->pid);
	r = look_at_descriptors(search, path);
	return r < 0 || has_enough(search) ? r : look_at_threads(search);
}

/* Of a process that has just ended the kernel says EACCES, too. */
static bool holder_lives(int proc, pid_t pid)
{
	char path[32], state = 'Z';
	_cleanup_fclose_ FILE *file = NULL;
	int fd;

	snprintf(path, sizeof(path), "%d/stat", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file && fd >= 0)
		close(fd);
	return file && fscanf(file, "%*d (%*[^)]) %c", &state) == 1 && state != 'Z' && state != 'X';
}

/* ---- all processes ---- */

static pid_t own_process(int proc)
{
	char link[16] = "";

	return readlinkat(proc, "self", link, sizeof(link) - 1) < 0 ? 0
								    : (pid_t)strtol(link, NULL, 10);
}

static int look_at_all(struct search *search, DIR *proc)
{
	pid_t self = own_process(search->proc);
	struct dirent *entry = NULL;
	int r = 0;

	while (r == 0 && (errno = 0, entry = readdir(proc)) && !has_enough(search)) {
		search->pid = (pid_t)strtol(entry->d_name, NULL, 10);
		if (search->pid <= 0 || search->pid == self)
			continue;
		r = look_at_process(search);
		if (r == -EACCES || r == -EPERM) {
			search->holders->hidden += holder_lives(search->proc, search->pid);
			r = 0;
		} else if (r < 0 && r != -ENOMEM && !holder_lives(search->proc, search->pid)) {
			r = 0;
		}
	}
	return r < 0 || entry ? r : -errno;
}

int holders_find(struct holders *holders, const struct held *held, bool is_first_enough)
{
	struct search search = {
		.held = held, .holders = holders, .is_first_enough = is_first_enough};
	int r, fd = kernel_open_proc(".", O_RDONLY | O_DIRECTORY);
	DIR *proc = fd < 0 ? NULL : fdopendir(fd);

	holders_free(holders);
	if (!proc) {
		r = fd < 0 ? fd : -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	search.proc = fd;
	r = look_at_all(&search, proc);
	closedir(proc);
	return r;
}

int holders_have_self(const struct held *held)
{
	struct holders holders = {0};
	_cleanup_close_ int proc = kernel_open_proc(".", O_PATH | O_DIRECTORY);
	struct search search = {
		.proc = proc, .held = held, .holders = &holders, .is_first_enough = true};
	int r;

	if (proc < 0)
		return proc;
	search.pid = own_process(proc);
	r = look_at_process(&search);
	if (r == 0)
		r = holders.count > 0;
	holders_free(&holders);
	return r;
}

bool holder_still_holds(const struct holder *holder, const struct held *held)
{
	_cleanup_close_ int proc = kernel_open_proc(".", O_PATH | O_DIRECTORY);
	mode_t type;

	return proc >= 0 && look_at_link(proc, holder->link, held, &type) == 1;
}
