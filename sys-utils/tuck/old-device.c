/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuck/old-device.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

enum {
	MOUNTINFO_IS_READ_MS = 1200, /* a second, and a bit */
	INIT_SLEEPS_MS = 5000,
	IDLE_LOOKS = 3,
	EVENT_BEGINS_MS = 100,
	EVENTS_END_MS = 3000,
	LOOK_MS = 20,
};

/* Append @byte of a path as systemd.unit(5) escapes it in a unit's name. */
static char *escape(char *end, char byte, bool is_first)
{
	static const char plain[] =
		"0123456789:_.ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	if (byte == '/')
		*end++ = '-';
	else if (strchr(plain, byte) && (byte != '.' || !is_first))
		*end++ = byte;
	else
		end += sprintf(end, "\\x%02x", (unsigned char)byte);
	return end;
}

/* "opt-x.mount" for "/opt/x". False: it is too long for a file. */
static bool name_of_unit(const char *path, char name[NAME_MAX + 1])
{
	char *end = name;

	path += strspn(path, "/");
	for (const char *at = path; *at; at++) {
		if (end - name > NAME_MAX - (int)sizeof("\\x00.mount"))
			return false;
		end = escape(end, *at, at == path);
	}
	memcpy(end, ".mount", sizeof(".mount"));
	return true;
}

/* Whether the mounts of this namespace are those that process 1 sees. */
static bool is_namespace_of_init(void)
{
	struct stat init, own;

	return stat("/proc/1/ns/mnt", &init) == 0 && stat("/proc/self/ns/mnt", &own) == 0 &&
	       init.st_ino == own.st_ino;
}

bool old_device_is_watched(const char *place)
{
	static const char *const directories[] = {
		"/run/systemd/generator",
		"/run/systemd/generator.early",
		"/run/systemd/generator.late",
		"/run/systemd/transient",
		"/run/systemd/system.control",
		"/run/systemd/system",
		"/etc/systemd/system.control",
		"/etc/systemd/system",
		"/usr/local/lib/systemd/system",
		"/usr/lib/systemd/system",
		"/lib/systemd/system",
	};
	char name[NAME_MAX + 1], file[PATH_MAX];

	if (access("/run/systemd/system", F_OK) < 0 || !is_namespace_of_init() ||
		!name_of_unit(place, name))
		return false;
	for (size_t i = 0; i < ELEMENTS(directories); i++) {
		snprintf(file, sizeof(file), "%s/%s", directories[i], name);
		if (access(file, F_OK) == 0)
			return true;
	}
	return false;
}

/* Whether the kernel, or the device mapper, frees the device after its last use. */
static bool goes_after_use(dev_t number)
{
	static const char *const kinds[] = {"loop", "dm"};
	char path[64];

	for (size_t i = 0; i < ELEMENTS(kinds); i++) {
		snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%s", major(number),
			minor(number), kinds[i]);
		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

int old_device_keep(const char *source)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (!source || strncmp(source, "/dev/", 5) != 0)
		return -1;
	fd = open(source, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISBLK(st.st_mode) || !goes_after_use(st.st_rdev))
		return -1;
	return steal_fd(&fd);
}

static void wait_ms(int milliseconds)
{
	struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000L};

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

/* Whether process 1 sleeps; also if that can't be known. */
static bool init_sleeps(void)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/1/stat", "re");
	char state;

	return !file || fscanf(file, "%*d (%*[^)]) %c", &state) != 1 || state == 'S';
}

/* systemd does what is due before it sleeps. On a busy machine it is late. */
static void wait_for_init(void)
{
	int idle = 0;

	wait_ms(MOUNTINFO_IS_READ_MS);
	for (int ms = 0; ms < INIT_SLEEPS_MS && idle < IDLE_LOOKS; ms += LOOK_MS) {
		idle = init_sleeps() ? idle + 1 : 0;
		wait_ms(LOOK_MS);
	}
}

void old_device_release(int fd)
{
	if (fd < 0)
		return;
	wait_for_init();
	close(fd);
	wait_ms(EVENT_BEGINS_MS);
	for (int ms = 0; ms < EVENTS_END_MS && access("/run/udev/queue", F_OK) == 0; ms += LOOK_MS)
		wait_ms(LOOK_MS);
}
