/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench-peak COMMAND...: run COMMAND without its output, and print the most memory it had at once,
 * in KiB. */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct rusage usage;
	int status, null;
	pid_t child;

	if (argc < 2)
		errx(EXIT_FAILURE, "usage: bench-peak COMMAND...");
	child = fork();
	if (child == 0) {
		null = open("/dev/null", O_WRONLY);
		if (null >= 0 && dup2(null, STDOUT_FILENO) >= 0)
			execvp(argv[1], argv + 1);
		err(EXIT_FAILURE, "%s", argv[1]);
	}
	if (child < 0 || wait4(child, &status, 0, &usage) < 0)
		err(EXIT_FAILURE, "wait");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		errx(EXIT_FAILURE, "%s failed", argv[1]);
	printf("%ld\n", usage.ru_maxrss);
	return EXIT_SUCCESS;
}
