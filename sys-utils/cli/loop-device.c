/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/loop-device.h"

#include <linux/major.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

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
