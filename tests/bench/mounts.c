/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench-mounts COUNT DIRECTORY: COUNT bind mounts below DIRECTORY, which is a mount: where it is
 * shared, they are all of its peer group. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int count = argc == 3 ? atoi(argv[1]) : -1;
	char name[32];

	if (count < 0 || chdir(argv[2]) < 0 || mkdir("source", 0755) < 0)
		err(EXIT_FAILURE, "bench-mounts");
	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "mount-%d", i);
		/* A mount on a member of a group appears on its other members, but for those that
		 * do not show the place: each shows the directory "source" alone. */
		if (mkdir(name, 0755) < 0 || mount("source", name, NULL, MS_BIND, NULL) < 0)
			err(EXIT_FAILURE, "%s", name);
	}
	return EXIT_SUCCESS;
}
