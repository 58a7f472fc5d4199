/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kernel.h"
#include "stack.h"
#include "table.h"
#include "tap.h"
#include "util.h"

static struct libmnt_table *parse(const char *text)
{
	_cleanup_fclose_ FILE *file = fmemopen((char *)text, strlen(text), "r");
	struct libmnt_table *table = mnt_new_table();

	check(file && table && table_parse_stream(table, file, "test") == 0);
	return table;
}

/* The ids of the table's entries, in its order. */
static const char *ids_of(struct libmnt_table *table)
{
	static char text[256];
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	char *end = text;

	*text = '\0';
	while (mnt_table_next_fs(table, iter, &fs) == 0)
		end += sprintf(end, "%s%d", end == text ? "" : " ", mnt_fs_get_id(fs));
	mnt_free_iter(iter);
	return text;
}

static void check_order(const char *text, int moved, const char *wanted)
{
	struct libmnt_table *table = parse(text);

	check(stack_order_table(table) == moved);
	check_string(ids_of(table), wanted);
	check(stack_order_table(table) == 0);
	mnt_unref_table(table);
}

static void order_without_stack(void)
{
	check_order("1 0 0:1 / / rw - tmpfs r rw\n3 1 0:2 / /b rw - tmpfs b rw\n"
		    "2 1 0:3 / /a rw - tmpfs a rw\n",
		0, "1 3 2");
	check_order("", 0, "");
}

static void order_ordinary_stack(void)
{
	check_order("1 0 0:1 / / rw - tmpfs r rw\n2 1 0:2 / /a rw - tmpfs v1 rw\n"
		    "3 2 0:3 / /a rw - tmpfs v2 rw\n4 1 0:4 / /b rw - tmpfs b rw\n",
		0, "1 2 3 4");
}

static void order_tucked(void)
{
	check_order("1 0 0:1 / / rw - tmpfs r rw\n2 4 0:2 / /a rw - tmpfs top rw\n"
		    "3 1 0:4 / /b rw - tmpfs b rw\n4 1 0:3 / /a rw - tmpfs tucked rw\n",
		1, "1 4 3 2");
}

/* What is mounted inside a covered mount is hidden. */
static void order_inside(void)
{
	check_order("1 0 0:1 / / rw - tmpfs r rw\n2 5 0:2 / /a rw - tmpfs top rw\n"
		    "3 2 0:3 / /a/in rw - tmpfs visible rw\n5 1 0:4 / /a rw - tmpfs tucked rw\n"
		    "6 5 0:5 / /a/in rw - tmpfs hidden rw\n",
		1, "1 5 6 2 3");
}

/* A mount on /a covers what had been mounted on /a/in of the directory before. */
static void order_covered_directory(void)
{
	check_order("1 0 0:1 / / rw - tmpfs r rw\n2 1 0:2 / /a rw - tmpfs a rw\n"
		    "3 1 0:3 / /a/in rw - tmpfs hidden rw\n4 2 0:4 / /a/in rw - tmpfs visible rw\n",
		0, "1 2 3 4");
	check_order("1 0 0:1 / / rw - tmpfs r rw\n2 1 0:2 / /a rw - tmpfs a rw\n"
		    "3 2 0:4 / /a/in rw - tmpfs visible rw\n4 1 0:3 / /a/in rw - tmpfs hidden rw\n",
		1, "1 2 4 3");
}

/* 50,000 mounts at one path, the highest id at the bottom: neither deep nor long is slow. */
static void order_deep(void)
{
	const int count = 50000;
	_cleanup_free_ char *text = NULL;
	struct libmnt_table *table;
	struct libmnt_fs *last;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	clock_t start;

	check_or_return(file);
	fputs("1 0 0:1 / / rw - tmpfs r rw\n", file);
	for (int i = 2; i <= count; i++)
		fprintf(file, "%d %d 0:2 / /a rw - tmpfs v rw\n", i, i == count ? 1 : i + 1);
	fclose(file);
	table = parse(text);
	start = clock();
	check(stack_order_table(table) == 1);
	check(clock() - start < 10 * CLOCKS_PER_SEC);
	check(mnt_table_last_fs(table, &last) == 0 && mnt_fs_get_id(last) == 2);
	mnt_unref_table(table);
}

static void find_by_id(void)
{
	struct libmnt_table *table = mnt_new_table();
	struct libmnt_fs *fs, *cover, *lower = NULL, *upper;

	NEEDS_MOUNT_IDS
	check_or_return(mkdir("/tmp/stacked", 0755) == 0);
	check_or_return(mount("lower", "/tmp/stacked", "tmpfs", 0, NULL) == 0);
	check_or_return(mount("upper", "/tmp/stacked", "tmpfs", 0, NULL) == 0);
	check_or_return(table_parse_file(table, "/proc/self/mountinfo") == 0);
	check(stack_find(table, "/tmp/stacked", &upper) == 0);
	check_string(mnt_fs_get_source(upper), "upper");
	check(stack_shows(table, upper, &cover) == 1 && !cover);
	lower = mnt_table_find_source(table, "lower", MNT_ITER_FORWARD);
	check_or_return(lower);
	check(stack_shows(table, lower, &cover) == 0 && cover == upper);
	check(stack_find(table, "/tmp/stacked/nothing", &fs) == -ENOENT && !fs);
	check(umount("/tmp/stacked") == 0);
	/* The table is older than that. */
	check(stack_find(table, "/tmp/stacked", &fs) == 0 && fs == lower);
	check(umount("/tmp/stacked") == 0);
	mnt_unref_table(table);
}

/* What is mounted by the root directory alone, with no other mount of its path. */
static void find_alone(void)
{
	struct statmount_buffer buffer = {0};
	int r;

	NEEDS_MOUNT_IDS
	r = under_valgrind() ? -ENOSYS : kernel_statmount(1, 0, 0, &buffer);
	free(buffer.data);
	if (r == -ENOSYS) {
		skip("there is no statmount(2), or valgrind 3.19 does not know it");
		return;
	}
	check_or_return(mkdir("/alone", 0755) == 0);
	check(!stack_is_alone("/alone") && !stack_is_alone("/missing") && !stack_is_alone("/"));
	check_or_return(mount("lower", "/alone", "tmpfs", 0, NULL) == 0);
	check(stack_is_alone("/alone"));
	check(!stack_is_alone("/alone/../alone"));
	/* On a mount: one that is hidden may have the same path. */
	check_or_return(mkdir("/alone/inner", 0755) == 0);
	check_or_return(mount("inner", "/alone/inner", "tmpfs", 0, NULL) == 0);
	check(!stack_is_alone("/alone/inner"));
	check(umount("/alone/inner") == 0);
	check_or_return(mount("upper", "/alone", "tmpfs", 0, NULL) == 0);
	check(!stack_is_alone("/alone"));
	check(umount("/alone") == 0);
	check(stack_is_alone("/alone"));
	/* A mount over the root directory hides others that are mounted in it. */
	check_or_return(mount("cover", "/", "tmpfs", 0, NULL) == 0);
	check(!stack_is_alone("/alone"));
	check(umount("/..") == 0);
	check(stack_is_alone("/alone"));
	check(umount("/alone") == 0);
}

static const struct tap_test tests[] = {
	{"a table without stacks keeps its order", order_without_stack},
	{"a stack whose lines are in its order keeps them", order_ordinary_stack},
	{"a tucked mount's line comes before that of the mount that covers it", order_tucked},
	{"what is mounted in a covered mount comes before what is visible at that path",
		order_inside},
	{"what lies on a directory that is covered comes before what is visible at that path",
		order_covered_directory},
	{"a stack of 50,000 mounts is put in order", order_deep},
	{"the mount that a path ends in is found by its id", find_by_id},
	{"a mount on the root that is not covered is the only one of its path", find_alone},
};
TAP_MAIN(tests)
