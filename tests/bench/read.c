/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench-read read|parse|print FILE...: what findmnt --namespaces can't do without, in one process:
 * to read each namespace's mountinfo once; to parse it by libmount; to print all of it by
 * libsmartcols, as a tree of six columns. */
#include <err.h>
#include <fcntl.h>
#include <libmount.h>
#include <libsmartcols.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void read_file(const char *path)
{
	static char buffer[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		err(EXIT_FAILURE, "%s", path);
	while (read(fd, buffer, sizeof(buffer)) > 0)
		;
	close(fd);
}

static struct libmnt_table *parse_file(const char *path)
{
	struct libmnt_table *table = mnt_new_table();

	if (!table || mnt_table_parse_file(table, path) != 0)
		errx(EXIT_FAILURE, "%s: can't be parsed", path);
	return table;
}

static struct libscols_table *new_output(void)
{
	static const char *const names[] = {
		"TARGET", "SOURCE", "FSTYPE", "PROPAGATION", "MNT_ID", "PARENT_ID"};
	struct libscols_table *output = scols_new_table();

	for (size_t i = 0; output && i < 6; i++)
		if (!scols_table_new_column(output, names[i], 0, i ? 0 : SCOLS_FL_TREE))
			errx(EXIT_FAILURE, "libsmartcols");
	return output;
}

/* The first of a table is its root; that the others hang from it alone costs as much. */
static void add_lines(struct libscols_table *output, struct libmnt_table *table)
{
	struct libmnt_iter *iterator = mnt_new_iter(MNT_ITER_FORWARD);
	struct libscols_line *root = NULL;
	struct libmnt_fs *fs;

	while (mnt_table_next_fs(table, iterator, &fs) == 0) {
		struct libscols_line *line = scols_table_new_line(output, root);
		char number[16];

		if (!root)
			root = line;
		scols_line_set_data(line, 0, mnt_fs_get_target(fs));
		scols_line_set_data(line, 1, mnt_fs_get_source(fs));
		scols_line_set_data(line, 2, mnt_fs_get_fstype(fs));
		scols_line_set_data(line, 3, mnt_fs_get_optional_fields(fs));
		snprintf(number, sizeof(number), "%d", mnt_fs_get_id(fs));
		scols_line_set_data(line, 4, number);
		snprintf(number, sizeof(number), "%d", mnt_fs_get_parent_id(fs));
		scols_line_set_data(line, 5, number);
	}
	mnt_free_iter(iterator);
}

int main(int argc, char **argv)
{
	struct libscols_table *output = NULL;

	setlocale(LC_ALL, "");
	if (argc < 3)
		errx(EXIT_FAILURE, "usage: bench-read read|parse|print FILE...");
	if (strcmp(argv[1], "print") == 0)
		output = new_output();
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[1], "read") == 0) {
			read_file(argv[i]);
		} else {
			struct libmnt_table *table = parse_file(argv[i]);

			if (output)
				add_lines(output, table);
		}
	}
	if (output)
		scols_print_table(output);
	return EXIT_SUCCESS;
}
