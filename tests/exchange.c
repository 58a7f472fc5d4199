/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exchange: exchange two paths by one system call, as mv --exchange of newer systems does.
 *
 *	exchange A B		once
 *	exchange --ever A B	again and again, until it is killed
 */
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	bool is_for_ever = argc == 4 && strcmp(argv[1], "--ever") == 0;
	char **paths = argv + (is_for_ever ? 2 : 1);

	if (argc != 3 && !is_for_ever)
		errx(EXIT_FAILURE, "usage: exchange [--ever] A B");
	do
		if (renameat2(AT_FDCWD, paths[0], AT_FDCWD, paths[1], RENAME_EXCHANGE) < 0)
			err(EXIT_FAILURE, "%s", paths[0]);
	while (is_for_ever);
	return EXIT_SUCCESS;
}
