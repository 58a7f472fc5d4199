/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * remedy: do what a refusal says that is to be done.
 *
 * The commands of a remedy are the lines that begin with a tab: "mount [--namespace PID]
 * --make-private PATH && ...". They are done by mount(2), as mount(8) would do them; "--set-group"
 * by the library. "mount --tuck --rbind ..." is another way to ask for the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "command.h"
#include "inside.h"
#include "layout.h"
#include "namespaces.h"
#include "play.h"
#include "snapshot.h"
#include "util.h"
#include "words.h"

/* One command, taken apart. */
struct command {
	bool is_tuck, is_unmount;
	int namespace;		    /* a process of it; 0: the caller's */
	const char *group;	    /* --set-group; NULL: none */
	unsigned long flags, later; /* one propagation after the other; 0: none */
	const char *operands[3];
	size_t count;
};

static const struct {
	const char *option;
	unsigned long flags;
} options[] = {
	{"--make-private", MS_PRIVATE},
	{"--make-shared", MS_SHARED},
	{"--make-slave", MS_SLAVE},
	{"--make-rprivate", MS_PRIVATE | MS_REC},
	{"--bind", MS_BIND},
	{"--rbind", MS_BIND | MS_REC},
	{"--move", MS_MOVE},
};

/* Takes @text apart where its words are. False: it is no command. */
static bool parse(char *text, struct command *command)
{
	char *state = NULL;
	const char *word = strtok_r(text, " ", &state);

	*command = (struct command){0};
	if (!word || (strcmp(word, "mount") != 0 && strcmp(word, "umount") != 0))
		return false;
	command->is_unmount = *word == 'u';
	while ((word = strtok_r(NULL, " ", &state))) {
		size_t i = 0;

		while (i < ELEMENTS(options) && strcmp(options[i].option, word) != 0)
			i++;
		if (i < ELEMENTS(options) && command->flags)
			command->later = options[i].flags;
		else if (i < ELEMENTS(options))
			command->flags = options[i].flags;
		else if (strncmp(word, "--set-group=", strlen("--set-group=")) == 0)
			command->group = word + strlen("--set-group=");
		else if (strcmp(word, "--tuck") == 0)
			command->is_tuck = true;
		else if (strcmp(word, "--carry") == 0)
			continue;
		else if (strcmp(word, "--namespace") == 0)
			command->namespace = atoi(strtok_r(NULL, " ", &state) ?: "0");
		else if (*word == '-' || command->count == ELEMENTS(command->operands))
			return false;
		else
			command->operands[command->count++] = word;
	}
	return command->count > 0 && *command->operands[0] == '/';
}

/* More than one mount is at @path, or none that a lookup comes to: a command can't tell which of
 * them is meant. */
static bool is_ambiguous(struct world *world, const char *path)
{
	_cleanup_(cleanup_namespaces) struct namespaces *namespaces = world_read(world);
	struct mount *mount, *found;
	bool is_root;

	found = world_lookup(namespaces, path, &is_root);
	snapshot_for_each (mount, namespaces->list[0].snapshot)
		if (mount != found && mount_target(mount) && strcmp(mount_target(mount), path) == 0)
			return true;
	return !found || !is_root;
}

static enum remedy take_other_source(
	const struct world *world, const struct command *command, struct job *job)
{
	if (!(command->flags & MS_BIND))
		return REMEDY_NO_COMMAND;
	job->is_new = false;
	job->rules = MNTTUCK_STRICT;
	job->how = command->flags & MS_REC ? MNTTUCK_RBIND : MNTTUCK_BIND;
	inside_to_outside(world, command->operands[0], job->source);
	return REMEDY_FOLLOWED;
}

/* With --namespace a path begins at the root of that namespace. */
static void path_of_operand(const struct world *world, const struct command *command, size_t index,
	char path[WORLD_PATH])
{
	if (command->namespace)
		snprintf(path, WORLD_PATH, "%s", command->operands[index]);
	else
		inside_to_outside(world, command->operands[index], path);
}

/* @group: a descriptor of the mount that --set-group names; -1: none. */
static enum remedy run(struct world *world, const struct command *command, int group)
{
	char first[WORLD_PATH], second[WORLD_PATH] = "";
	bool is_blind;
	int r = 0;

	path_of_operand(world, command, 0, first);
	if (command->operands[1])
		path_of_operand(world, command, 1, second);
	is_blind = !*second && is_ambiguous(world, first);
	if (command->group)
		r = command_join(world, group, command->group, first);
	if (command->is_unmount)
		r = command_unmount(world, first);
	else if (r == 0)
		r = command_mount(
			world, *second ? first : NULL, *second ? second : first, command->flags);
	if (r == 0 && command->later)
		r = command_mount(world, NULL, first, command->later);
	if (is_blind)
		return REMEDY_FOLLOWED_BLINDLY;
	return r < 0 ? REMEDY_FAILED : REMEDY_FOLLOWED;
}

/* Where the command is to be done. */
static enum remedy run_there(struct world *world, const struct command *command)
{
	size_t here = world->current;
	size_t there = command->namespace ? inside_space(world, command->namespace) : here;
	_cleanup_close_ int group = -1;
	char path[WORLD_PATH];
	enum remedy outcome;

	if (command->group) {
		inside_to_outside(world, command->group, path);
		group = open(path, O_PATH | O_CLOEXEC);
		if (group < 0)
			return REMEDY_FAILED;
	}
	world_enter(world, there);
	outcome = run(world, command, group);
	world_enter(world, here);
	return outcome;
}

/* The commands of @remedy, with " && " between them; or "--reveal=force" if one has that. NULL:
 * there is none, or only one that shows something. The caller frees it. */
static char *find_commands(const char *remedy)
{
	char *commands = NULL;

	if (strstr(remedy, "--reveal=force"))
		return strdup("--reveal=force");
	for (const char *line = remedy; (line = strstr(line, "\n\t"));) {
		_cleanup_free_ char *command = NULL;

		line += strlen("\n\t");
		command = strndup(line, strcspn(line, "\n"));
		if (command && strncmp(command, "findmnt ", strlen("findmnt ")) != 0)
			text_add(&commands, " && ", command);
	}
	return commands;
}

enum remedy remedy_follow(struct world *world, const struct outcome *refused, struct job *job)
{
	_cleanup_free_ char *text = find_commands(refused->remedy);
	enum remedy outcome = REMEDY_NO_COMMAND;
	bool is_blind = false;

	/* "By the same command without --tuck". */
	if (!text && strcmp(refused->rule, "target-mounted") == 0 && job->is_new)
		return command_new(world, job->target) == 0 ? REMEDY_FOLLOWED : REMEDY_FAILED;
	if (text && strcmp(text, "--reveal=force") == 0) {
		job->is_forced = true;
		return REMEDY_FOLLOWED;
	}
	if (strstr(refused->remedy, "mount --tuck SOURCE ")) {
		job->is_tuck = job->is_new = true;
		return REMEDY_FOLLOWED;
	}
	for (char *next, *command = text; command; command = next) {
		struct command parsed;

		next = strstr(command, " && ");
		if (next) {
			*next = '\0';
			next += strlen(" && ");
		}
		if (!parse(command, &parsed))
			return REMEDY_NO_COMMAND;
		outcome = parsed.is_tuck ? take_other_source(world, &parsed, job)
					 : run_there(world, &parsed);
		is_blind |= outcome == REMEDY_FOLLOWED_BLINDLY;
		if (outcome != REMEDY_FOLLOWED && outcome != REMEDY_FOLLOWED_BLINDLY)
			return outcome;
	}
	return is_blind ? REMEDY_FOLLOWED_BLINDLY : outcome;
}
