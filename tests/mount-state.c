/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mount-state BELOW LEFT-OUT [PID...]: all that a refused command must leave as it was, as text:
 * the mounts of this namespace and of each process, the loop devices of files below BELOW, utab,
 * and the directories where targets are, without what begins with LEFT-OUT.
 *
 * A program, because a script would start seven for the same, before and after each refusal.
 */
#include <dirent.h>
#include <err.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 3 };

static const char *left_out;
static char **directories;
static size_t directories_count;

/* What can't be opened is not there. */
static void print_file(const char *path)
{
	FILE *file = fopen(path, "re");
	char text[65536];

	for (size_t n; file && (n = fread(text, 1, sizeof(text), file)) > 0;)
		fwrite(text, 1, n, stdout);
	if (file)
		fclose(file);
}

static void print_mounts(const char *pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/mountinfo", pid);
	print_file(path);
}

static void print_loop_devices(const char *below)
{
	DIR *devices = opendir("/sys/block");

	for (struct dirent *entry; devices && (entry = readdir(devices));) {
		char path[300], backing[4096] = "";
		FILE *file;

		snprintf(path, sizeof(path), "/sys/block/%s/loop/backing_file", entry->d_name);
		file = fopen(path, "re");
		if (file && fgets(backing, sizeof(backing), file) && strstr(backing, below))
			printf("%s: %s", entry->d_name, backing);
		if (file)
			fclose(file);
	}
	if (devices)
		closedir(devices);
}

static int note_directory(const char *path, const struct stat *st, int type, struct FTW *at)
{
	char **larger;

	(void)st;
	if (type != FTW_D)
		return FTW_CONTINUE;
	if (strncmp(path, left_out, strlen(left_out)) == 0)
		return FTW_SKIP_SUBTREE;
	larger = reallocarray(directories, directories_count + 1, sizeof(*larger));
	if (!larger || !(larger[directories_count] = strdup(path)))
		err(1, "mount-state");
	directories = larger;
	directories_count++;
	return at->level >= DEPTH || strcmp(path, "/usr") == 0 ? FTW_SKIP_SUBTREE : FTW_CONTINUE;
}

static int by_path(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

static void print_directories(void)
{
	static const char *const tops[] = {"/", "/opt", "/mnt", "/srv", "/tmp", "/run"};

	for (size_t i = 0; i < sizeof(tops) / sizeof(*tops); i++)
		nftw(tops[i], note_directory, 16, FTW_PHYS | FTW_MOUNT | FTW_ACTIONRETVAL);
	qsort(directories, directories_count, sizeof(*directories), by_path);
	for (size_t i = 0; i < directories_count; i++)
		if (i == 0 || strcmp(directories[i - 1], directories[i]) != 0)
			puts(directories[i]);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		errx(1, "usage: mount-state BELOW LEFT-OUT [PID...]");
	left_out = argv[2];
	print_mounts("self");
	for (int i = 3; i < argc; i++)
		print_mounts(argv[i]);
	print_loop_devices(argv[1]);
	print_file("/run/mount/utab");
	print_directories();
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
