/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libmount opens an image as root, for reading and writing, and asks afterwards whose it is. Even
 * if the mount is refused then, the open has had effects: it wakes a process at a FIFO, starts a
 * watchdog, rewinds a tape. And libmount's message tells whether there is such a file.
 *
 * So here the file is looked up by the caller's rights (O_PATH opens nothing), has to be an image
 * or a block device, and is then opened with the caller's rights, by its descriptor. An image
 * becomes a loop device by that second descriptor. libmount gets the device's path, which only root
 * can change.
 */
#include "restricted/own-source.h"

#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libmount.h>
#include <linux/loop.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "restricted/fixed-path.h"
#include "restricted/privileges.h"
#include "util.h"

/* What the caller may open. */
struct own_file {
	int fd;
	bool may_write;
	struct stat st;
};

/* @looked_up: by O_PATH. */
static bool own_file_open(struct own_file *file, int looked_up)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", looked_up);
	if (fstat(looked_up, &file->st) < 0 ||
		(!S_ISREG(file->st.st_mode) && !S_ISBLK(file->st.st_mode)))
		return false;
	file->fd = open_as_caller(path, O_RDWR | O_NONBLOCK);
	file->may_write = file->fd >= 0;
	if (file->fd < 0)
		file->fd = open_as_caller(path, O_RDONLY | O_NONBLOCK);
	return file->fd >= 0;
}

/* ---- options of images ---- */

struct image_options {
	uint64_t offset, size_limit;
};

/* A number as libmount reads it: decimal, octal or hexadecimal, with a suffix as "K" or "KiB". */
static bool read_size(const char *text, uint64_t *size)
{
	static const char suffixes[] = "KMGT";
	char *end;
	const char *suffix;

	errno = 0;
	*size = strtoumax(text, &end, 0);
	if (errno || end == text || *text == '-')
		return false;
	suffix = *end ? strchr(suffixes, *end) : NULL;
	if (suffix) {
		unsigned int shift = 10 * (unsigned int)(suffix - suffixes + 1);

		if (*size > UINT64_MAX >> shift)
			return false;
		*size <<= shift;
		end += strncmp(end + 1, "iB", 2) == 0 ? 3 : 1;
	}
	return *end == '\0';
}

static bool take_size(char **options, const char *name, uint64_t *size)
{
	_cleanup_free_ char *text = NULL;
	char *value = NULL;
	size_t length = 0;

	if (mnt_optstr_get_option(*options, name, &value, &length) != 0)
		return true;
	text = value ? strndup(value, length) : NULL;
	return text && read_size(text, size) && mnt_optstr_remove_option(options, name) == 0;
}

/* Take the options of an image from the context: libmount must not set up a loop device, too. */
static bool take_image_options(struct libmnt_context *context, struct image_options *taken)
{
	struct libmnt_fs *fs = mnt_context_get_fs(context);
	_cleanup_free_ char *options = mnt_fs_strdup_options(fs);
	char *device = NULL;
	size_t size;

	if (!options || strstr(options, "verity.") ||
		mnt_optstr_get_option(options, "encryption", NULL, NULL) == 0)
		return false;
	if (mnt_optstr_get_option(options, "loop", &device, &size) == 0 &&
		(device || mnt_optstr_remove_option(&options, "loop") != 0))
		return false;
	return take_size(&options, "offset", &taken->offset) &&
	       take_size(&options, "sizelimit", &taken->size_limit) &&
	       mnt_fs_set_options(fs, options) == 0;
}

/* ---- loop devices ---- */

static int open_loop_device(const char *name, char **path)
{
	int fd;

	if (asprintf(path, "/dev/%s", name) < 0) {
		*path = NULL;
		return -1;
	}
	fd = open(*path, O_RDWR | O_CLOEXEC);
	return fd >= 0 ? fd : open(*path, O_RDONLY | O_CLOEXEC);
}

static bool is_of_image(int device, const struct own_file *file,
	const struct image_options *options, bool is_readonly)
{
	struct loop_info64 info;

	/* A read-only mount may write to a device that can be written: a journal is replayed. */
	return ioctl(device, LOOP_GET_STATUS64, &info) == 0 && info.lo_device == file->st.st_dev &&
	       info.lo_inode == file->st.st_ino && info.lo_offset == options->offset &&
	       info.lo_sizelimit == options->size_limit &&
	       !(info.lo_flags & LO_FLAGS_READ_ONLY) == !is_readonly;
}

/* The loop device that the image has already, so that one filesystem is not mounted from two
 * devices. Returns its descriptor, or -1. */
static int find_loop_device(const struct own_file *file, const struct image_options *options,
	bool is_readonly, char **path)
{
	DIR *devices = opendir("/sys/block");
	struct dirent *entry;
	int fd = -1;

	while (devices && fd < 0 && (entry = readdir(devices))) {
		_cleanup_free_ char *attribute = NULL, *device = NULL;
		_cleanup_close_ int opened = -1;

		if (strncmp(entry->d_name, "loop", 4) != 0 ||
			asprintf(&attribute, "/sys/block/%s/loop", entry->d_name) < 0 ||
			access(attribute, F_OK) < 0)
			continue;
		opened = open_loop_device(entry->d_name, &device);
		if (opened < 0 || !is_of_image(opened, file, options, is_readonly))
			continue;
		fd = steal_fd(&opened);
		*path = steal_pointer(&device);
	}
	if (devices)
		closedir(devices);
	return fd;
}

static int make_loop_device(const struct own_file *file, const struct image_options *options,
	bool is_readonly, const char *image, char **path)
{
	enum { MOST_TRIES = 100 };
	_cleanup_close_ int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	struct loop_config config = {
		.fd = (uint32_t)file->fd,
		.info =
			{
				.lo_offset = options->offset,
				.lo_sizelimit = options->size_limit,
				.lo_flags =
					LO_FLAGS_AUTOCLEAR | (is_readonly ? LO_FLAGS_READ_ONLY : 0),
			},
	};

	snprintf((char *)config.info.lo_file_name, LO_NAME_SIZE, "%s", image);
	/* EBUSY: somebody else has taken the free one. */
	for (int i = 0; control >= 0 && i < MOST_TRIES; i++) {
		int number = ioctl(control, LOOP_CTL_GET_FREE);
		_cleanup_close_ int device = -1;
		_cleanup_free_ char *name = NULL;
		char *opened = NULL;

		if (number < 0 || asprintf(&name, "loop%d", number) < 0)
			break;
		device = open_loop_device(name, &opened);
		if (device >= 0 && ioctl(device, LOOP_CONFIGURE, &config) == 0) {
			*path = opened;
			return steal_fd(&device);
		}
		free(opened);
		if (device < 0 || errno != EBUSY)
			break;
	}
	return -1;
}

/* ---- the context's source ---- */

static enum own_source set_image(
	struct libmnt_context *context, const struct own_file *file, const char *image)
{
	struct image_options options = {0};
	_cleanup_free_ char *device = NULL;
	unsigned long flags = 0;
	bool is_readonly;
	int fd;

	mnt_context_get_mflags(context, &flags);
	is_readonly = flags & MS_RDONLY;
	if (!file->may_write && !is_readonly)
		return OWN_SOURCE_REFUSED;
	if (!take_image_options(context, &options))
		return OWN_SOURCE_STEPS;
	fd = find_loop_device(file, &options, is_readonly, &device);
	if (fd < 0)
		fd = make_loop_device(file, &options, is_readonly, image, &device);
	/* The descriptor keeps the device until the process ends. By then it is mounted. */
	return fd >= 0 && path_is_fixed(device) && mnt_context_set_source(context, device) == 0
		       ? OWN_SOURCE_SET
		       : OWN_SOURCE_REFUSED;
}

static enum own_source set_device(
	struct libmnt_context *context, const struct own_file *file, const char *path)
{
	_cleanup_free_ char *device = resolve_as_caller(path);
	unsigned long flags = 0;
	struct stat st;

	mnt_context_get_mflags(context, &flags);
	if (!device || !path_is_fixed(device) || stat(device, &st) < 0 || !S_ISBLK(st.st_mode) ||
		st.st_rdev != file->st.st_rdev || (!file->may_write && !(flags & MS_RDONLY)))
		return OWN_SOURCE_REFUSED;
	return mnt_context_set_source(context, device) == 0 ? OWN_SOURCE_SET : OWN_SOURCE_REFUSED;
}

enum own_source own_source_set(struct libmnt_context *context, const char *path)
{
	_cleanup_close_ int looked_up = open_as_caller(path, O_PATH);
	struct own_file file = {.fd = -1};
	enum own_source result = OWN_SOURCE_REFUSED;

	if (looked_up >= 0 && own_file_open(&file, looked_up))
		result = S_ISREG(file.st.st_mode) ? set_image(context, &file, path)
						  : set_device(context, &file, path);
	cleanup_close(&file.fd);
	return result;
}
