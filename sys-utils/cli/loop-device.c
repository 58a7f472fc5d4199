/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/loop-device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "util.h"

char *loop_device_image(dev_t device)
{
	_cleanup_fclose_ FILE *file = NULL;
	char name[64], *line = NULL;
	size_t room = 0;

	if (major(device) != LOOP_MAJOR)
		return NULL;
	snprintf(name, sizeof(name), "/sys/dev/block/%u:%u/loop/backing_file", major(device),
		minor(device));
	file = fopen(name, "re");
	if (!file || getline(&line, &room, file) < 0) {
		free(line);
		return NULL;
	}
	line[strcspn(line, "\n")] = '\0';
	return line;
}

int loop_device_free(const char *device, dev_t number)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (major(number) != LOOP_MAJOR)
		return 0;
	fd = open(device, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISBLK(st.st_mode) || st.st_rdev != number)
		return -ENODEV;
	/* ENXIO: the unmount has freed it, since it had been set up for this mount. */
	return ioctl(fd, LOOP_CLR_FD) == 0 || errno == ENXIO ? 0 : -errno;
}
