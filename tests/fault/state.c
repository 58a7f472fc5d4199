/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "state.h"

#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void add_label(struct state *state, char kind, unsigned long long value)
{
	state->labels =
		reallocarray(state->labels, state->labels_count + 1, sizeof(*state->labels));
	if (!state->labels)
		err(1, "labels");
	state->labels[state->labels_count++] = (struct label){kind, value};
}

static long find_label(const struct state *state, char kind, unsigned long long value)
{
	for (size_t i = 0; i < state->labels_count; i++)
		if (state->labels[i].kind == kind && state->labels[i].value == value)
			return (long)i;
	return -1;
}

static void put_label(FILE *to, const struct state *before, struct state *state, char kind,
	unsigned long long value)
{
	long rank = before ? find_label(before, kind, value) : -1;

	if (rank >= 0) {
		fprintf(to, "%c%ld", kind, rank);
		return;
	}
	rank = find_label(state, kind, value);
	if (rank < 0) {
		rank = (long)state->labels_count;
		add_label(state, kind, value);
	}
	fprintf(to, before ? "%c+%ld" : "%c%ld", kind, rank);
}

static unsigned long long device_number(const char *word)
{
	char *colon;
	unsigned long long major = strtoull(word, &colon, 10);

	return (major << 32) + strtoull(colon + 1, NULL, 10);
}

/* One line of mountinfo, or of utab. */
static void put_line(FILE *to, const struct state *before, struct state *state, char *line)
{
	static const struct {
		const char *prefix;
		char kind;
	} numbers[] = {{"shared:", 'g'}, {"master:", 'g'}, {"propagate_from:", 'g'}, {"ID=", 'm'},
		{"UNIQID=", 'u'}};
	char *word;

	for (int i = 0; (word = strsep(&line, " \n")); i++) {
		size_t n = 0;

		if (!*word)
			continue;
		while (n < sizeof(numbers) / sizeof(*numbers) &&
			strncmp(word, numbers[n].prefix, strlen(numbers[n].prefix)) != 0)
			n++;
		if (n < sizeof(numbers) / sizeof(*numbers)) {
			fputs(numbers[n].prefix, to);
			put_label(to, before, state, numbers[n].kind,
				strtoull(word + strlen(numbers[n].prefix), NULL, 10));
		} else if (i < 2 && isdigit((unsigned char)*word)) {
			put_label(to, before, state, 'm', strtoull(word, NULL, 10));
		} else if (i == 2 && isdigit((unsigned char)*word)) {
			put_label(to, before, state, 'd', device_number(word));
		} else if (strncmp(word, "/dev/loop", 9) == 0) {
			fputs("/dev/loop", to);
		} else if (strncmp(word, "SRC=/dev/loop", 13) == 0) {
			fputs("SRC=/dev/loop", to);
		} else {
			fputs(word, to);
		}
		fputc(' ', to);
	}
	fputc('\n', to);
}

static void put_file(FILE *to, const struct state *before, struct state *state, const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	if (!file && errno == ENOENT) {
		fputs("none\n", to);
		return;
	}
	if (!file)
		err(1, "%s", path);
	while (getline(&line, &size, file) >= 0)
		put_line(to, before, state, line);
	free(line);
	fclose(file);
}

static FILE *open_text(char **text)
{
	static size_t size;
	FILE *file = open_memstream(text, &size);

	if (!file)
		err(1, "open_memstream");
	return file;
}

static void put_directory(FILE *to, const char *path)
{
	struct dirent **names;
	int count = scandir(path, &names, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		fprintf(to, "file %s/%s\n", path, names[i]->d_name);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

static bool read_word(const char *path, char *word, int size)
{
	FILE *file = fopen(path, "re");
	bool is_read = file && fgets(word, size, file);

	if (file)
		fclose(file);
	return is_read;
}

static void put_loops(FILE *to, const char *below)
{
	DIR *devices = opendir("/sys/block");
	struct dirent *entry;
	char path[300], file[500];
	int count = 0;

	while (devices && (entry = readdir(devices))) {
		snprintf(path, sizeof(path), "/sys/block/%s/loop/backing_file", entry->d_name);
		if (strncmp(entry->d_name, "loop", 4) == 0 && read_word(path, file, sizeof(file)) &&
			strstr(file, below))
			count++;
	}
	fprintf(to, "loop devices: %d\n", count);
	if (devices)
		closedir(devices);
}

static void put_processes(FILE *to)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	char path[300], name[100];

	if (!processes)
		err(1, "/proc");
	while ((entry = readdir(processes))) {
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		if (isdigit((unsigned char)*entry->d_name) && read_word(path, name, sizeof(name)))
			fprintf(to, "process %s", name);
	}
	closedir(processes);
}

void state_read(const struct place_list *list, const struct state *before, struct state *state)
{
	char path[64];
	FILE *text;

	*state = (struct state){0};
	text = open_text(&state->mounts);
	for (size_t i = 0; i < list->holders_count; i++) {
		fprintf(text, "namespace %zu\n", i);
		snprintf(path, sizeof(path), "/proc/%s/mountinfo", list->holders[i]);
		put_file(text, before, state, path);
	}
	fclose(text);
	text = open_text(&state->utab);
	put_file(text, before, state, "/run/mount/utab");
	fclose(text);
	text = open_text(&state->rest);
	for (size_t i = 0; i < list->directories_count; i++)
		put_directory(text, list->directories[i]);
	put_loops(text, list->loops);
	put_processes(text);
	fclose(text);
}

void state_clear(struct state *state)
{
	free(state->mounts);
	free(state->utab);
	free(state->rest);
	free(state->labels);
}

/* Lines of one that the other lacks. */
static void print_missing(const char *sign, const char *from, const char *in)
{
	char *copy = strdup(from), *rest = copy, *line;

	while ((line = strsep(&rest, "\n")))
		if (*line && !strstr(in, line))
			printf("#   %s %s\n", sign, line);
	free(copy);
}

void state_print_difference(const struct state *wanted, const struct state *is)
{
	print_missing("-", wanted->mounts, is->mounts);
	print_missing("+", is->mounts, wanted->mounts);
	print_missing("-", wanted->utab, is->utab);
	print_missing("+", is->utab, wanted->utab);
	print_missing("-", wanted->rest, is->rest);
	print_missing("+", is->rest, wanted->rest);
}
