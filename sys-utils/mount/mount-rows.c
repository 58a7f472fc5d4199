/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options of mount(8), one row each.
 *
 * A row has the option's name, its text in --help, whether a set-user-ID program keeps its
 * privileges with it, and what it does: a function, which gets the row and the argument. Most rows
 * share a few functions: to switch something in libmount's context, to add a mount option, to
 * choose an operation. --help and the candidates for an abbreviation have the order of the rows.
 */
#include <config.h>

#include <err.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "cli/context-rows.h"
#include "cli/fstab.h"
#include "cli/namespace-option.h"
#include "cli/start.h"
#include "i18n.h"
#include "mount/mount-rows.h"
#include "restricted/privileges.h"
#include "tuck/act.h"

/* Every read_*() returns false if the argument is wrong. */

/* Whether libmount can split @options, and each option has a name. libmount 2.38 takes the "=ro" of
 * "=ro" for a name, and then ignores it. */
static bool is_readable(const char *options)
{
	char *rest = (char *)options, *name, *value;
	size_t name_size, value_size;
	int r;

	do
		r = mnt_optstr_next_option(&rest, &name, &name_size, &value, &value_size);
	while (r == 0 && name_size > 0 && *name != '=');
	return r > 0;
}

static void add_options(struct command *command, const char *options)
{
	if (!is_readable(options))
		errx(MNT_EX_USAGE, _("unsupported option format: %s"), options);
	if (mnt_optstr_append_option(&command->options, options, NULL) != 0)
		out_of_memory();
}

/* -o LIST, and the options that mean a mount option: --read-only is "ro". */
static bool read_option(struct command *command, const struct row *row, const char *argument)
{
	add_options(command, row->value ? row->value : argument);
	return true;
}

static bool read_read_write(struct command *command, const struct row *row, const char *argument)
{
	mnt_context_enable_rwonly_mount(command->context, 1);
	return read_option(command, row, argument);
}

static bool read_mkdir(struct command *command, const struct row *row, const char *argument)
{
	char *option;

	if (!argument)
		return read_option(command, row, argument);
	if (*argument == '=')
		argument++; /* -m=0755 */
	if (asprintf(&option, "%s=\"%s\"", row->value, argument) < 0)
		out_of_memory();
	add_options(command, option);
	free(option);
	return true;
}

static bool read_test_options(struct command *command, const struct row *row, const char *argument)
{
	(void)row;
	command->test_options = argument;
	if (mnt_context_set_options_pattern(command->context, argument) != 0)
		out_of_memory();
	return true;
}

static bool read_types(struct command *command, const struct row *row, const char *argument)
{
	(void)row;
	command->types = argument;
	return true;
}

static bool read_operation(struct command *command, const struct row *row, const char *argument)
{
	(void)argument;
	command->operation = row->flags;
	return true;
}

/* They become mount options, because libmount applies those in the given order. */
static bool read_propagation(struct command *command, const struct row *row, const char *argument)
{
	(void)argument;
	command->propagation = true;
	add_options(command, row->name + strlen("make-"));
	return true;
}

static bool read_tag(struct command *command, const struct row *row, const char *argument)
{
	free(command->tag);
	if (asprintf(&command->tag, "%s=\"%s\"", row->value, argument) < 0)
		out_of_memory();
	mnt_context_disable_swapmatch(command->context, 1);
	return true;
}

static bool read_source(struct command *command, const struct row *row, const char *argument)
{
	(void)row;
	command->source = argument;
	mnt_context_disable_swapmatch(command->context, 1);
	return true;
}

static bool read_target(struct command *command, const struct row *row, const char *argument)
{
	(void)row;
	command->target = argument;
	mnt_context_disable_swapmatch(command->context, 1);
	return true;
}

static bool read_fstab(struct command *command, const struct row *row, const char *argument)
{
	struct stat st;
	int r;

	if (command->fstab)
		errx(MNT_EX_USAGE, _("--%s is given more than once"), row->name);
	command->fstab = mnt_new_table();
	if (!command->fstab)
		out_of_memory();
	mnt_table_set_parser_errcb(command->fstab, skip_bad_line);
	if (mnt_context_set_fstab(command->context, command->fstab) != 0)
		out_of_memory();
	if (stat(argument, &st) == 0 && S_ISDIR(st.st_mode))
		r = mnt_table_parse_dir(command->fstab, argument);
	else
		r = mnt_table_parse_file(command->fstab, argument);
	if (r < 0)
		errx(MNT_EX_USAGE, _("%s: can't be read as an fstab: %s"), argument, strerror(-r));
	return true;
}

static bool read_namespace(struct command *command, const struct row *row, const char *argument)
{
	(void)row;
	free(command->mntns);
	command->mntns = namespace_path(argument);
	return true;
}

/* The words of --options-mode and --options-source, with libmount's value of each. */
struct word {
	const char *text;
	int value;
};

static const struct word mode_words[] = {
	{"ignore", MNT_OMODE_IGNORE},
	{"append", MNT_OMODE_APPEND},
	{"prepend", MNT_OMODE_PREPEND},
	{"replace", MNT_OMODE_REPLACE},
	{},
};

static const struct word source_words[] = {
	{"fstab", MNT_OMODE_FSTAB},
	{"mtab", MNT_OMODE_MTAB},
	{"disable", MNT_OMODE_NOTAB},
	{},
};

static int word_value(const struct word *words, const char *text, size_t length)
{
	for (; words->text; words++)
		if (strlen(words->text) == length && memcmp(words->text, text, length) == 0)
			return words->value;
	return 0;
}

static bool read_options_mode(struct command *command, const struct row *row, const char *argument)
{
	(void)row;
	command->options_mode = word_value(mode_words, argument, strlen(argument));
	return command->options_mode != 0;
}

static bool read_options_source(
	struct command *command, const struct row *row, const char *argument)
{
	(void)row;
	command->options_source = 0;
	while (*argument) {
		size_t length = strcspn(argument, ",");
		int value = word_value(source_words, argument, length);

		if (!value)
			return false;
		command->options_source |= value;
		argument += length + (argument[length] == ',');
	}
	return true;
}

static bool read_options_source_force(
	struct command *command, const struct row *row, const char *argument)
{
	(void)row, (void)argument;
	command->options_source_force = true;
	return true;
}

static bool read_onlyonce(struct command *command, const struct row *row, const char *argument)
{
	(void)argument;
#ifdef HAVE_MNT_CONTEXT_ENABLE_ONLYONCE
	(void)row;
	mnt_context_enable_onlyonce(command->context, 1);
	return true;
#else
	(void)command;
	option_too_old(row, "2.39");
#endif
}

static bool read_exclusive(struct command *command, const struct row *row, const char *argument)
{
	(void)argument;
#ifdef HAVE_MNT_CONTEXT_ENABLE_EXCLUSIVE
	(void)row;
	mnt_context_enable_exclusive(command->context, 1);
	return true;
#else
	(void)command;
	option_too_old(row, "2.42");
#endif
}

static bool libmount_has(const char *feature)
{
	const char **features;

	for (mnt_get_library_features(&features); features && *features; features++)
		if (strcmp(*features, feature) == 0)
			return true;
	return false;
}

/* Collect the value of X-mount.idmap: a user namespace, or "u:0:1000:1 g:0:1000:1". */
static bool read_map(struct command *command, const struct row *row, const char *argument)
{
	bool is_namespace = *argument == '/';
	char *map;

	if (!libmount_has("idmapping"))
		option_too_old(row, "2.39");
	if (command->map && (is_namespace || command->map_is_namespace))
		return false;
	if (asprintf(&map, "%s%s%s%s", command->map ? command->map : "", command->map ? " " : "",
		    is_namespace ? "" : row->value, argument) < 0)
		out_of_memory();
	free(command->map);
	command->map = map;
	command->map_is_namespace = is_namespace;
	return true;
}

static bool read_reveal(struct command *command, const struct row *row, const char *argument)
{
	(void)row;
	command->reveal = true;
	return reveal_read_how(argument, &command->reveal_how);
}

static bool read_wait(struct command *command, const struct row *row, const char *argument)
{
	(void)row;
	act_wait_read(&command->wait, argument);
	return true;
}

static bool read_set_group(struct command *command, const struct row *row, const char *argument)
{
	(void)row;
	command->set_group = argument;
	return true;
}

static bool read_try(struct command *command, const struct row *row, const char *argument)
{
	(void)row;
	command->try = argument;
	return true;
}

static bool read_tuck(struct command *command, const struct row *row, const char *argument)
{
	const char *rules = row->value ? row->value : argument;

	if (command->tuck)
		errx(MNT_EX_USAGE,
			_("--tuck and --beneath are the same act: give one of them, once"));
	command->tuck = true;
	if (rules && strcmp(rules, "strict") != 0 && strcmp(rules, "kernel") != 0) {
		warnx(_("--tuck takes \"strict\" or \"kernel\", not \"%s\""), rules);
		return false;
	}
	command->kernel_rules = rules && strcmp(rules, "kernel") == 0;
	return true;
}

static bool read_source_namespace(
	struct command *command, const struct row *row, const char *argument)
{
	(void)row;
	if (strcmp(argument, "caller") != 0) {
		warnx(_("--source-namespace takes \"caller\", not \"%s\""), argument);
		return false;
	}
	command->source_from_caller = true;
	return true;
}

static bool read_help(struct command *command, const struct row *row, const char *argument)
{
	(void)command, (void)row, (void)argument;
	print_help(&mount_options);
}

static bool read_version(struct command *command, const struct row *row, const char *argument)
{
	(void)command, (void)row, (void)argument;
	print_version();
}

/* A command may have one option of each of these kinds. */
enum { IS_SOURCE = 1 << 0, IS_OPERATION = 1 << 1 };
#define SOURCE	  .kinds = IS_SOURCE, .excludes = IS_SOURCE
#define OPERATION .kinds = IS_OPERATION, .excludes = IS_OPERATION

static const struct row rows[] = {
	{.help = N_("What to mount")},
	{"all", 'a', no_argument, .help = N_("everything in fstab"),
		.flag = offsetof(struct command, all)},
	{"fake", 'f', no_argument, .help = N_("everything but the system calls that mount"),
		.enable = mnt_context_enable_fake},
	{"fstab", 'T', required_argument, "<path>", N_("a file, or a directory of *.fstab files"),
		.read = read_fstab},
	{"fork", 'F', no_argument, .help = N_("with --all: all at the same time"),
		.enable = mnt_context_enable_fork},
	{"test-opts", 'O', required_argument, "<list>",
		N_("with --all: only what has these options"), .read = read_test_options},
	{"types", 't', required_argument, "<list>", N_("the filesystem's type; only these types"),
		.read = read_types},
	{"show-labels", 'l', no_argument, .help = N_("labels too, in the list of mounts"),
		.flag = offsetof(struct command, show_labels), .anyone = true},
	{"label", 'L', required_argument, "<label>", N_("the same as LABEL=<label>"),
		.read = read_tag, .value = "LABEL", SOURCE, .anyone = true},
	{"uuid", 'U', required_argument, "<uuid>", N_("the same as UUID=<uuid>"), .read = read_tag,
		.value = "UUID", SOURCE, .anyone = true},
	{"source", 0, required_argument, "<source>", N_("device, image, directory, tag or name"),
		.read = read_source, SOURCE, .anyone = true},
	{"target", 0, required_argument, "<path>", N_("the mount point"), .read = read_target,
		.anyone = true},
	{"target-prefix", 0, required_argument, "<path>", N_("put this before every target"),
		.set = mnt_context_set_target_prefix},

	{.help = N_("With which options")},
	{"options", 'o', required_argument, "<list>", N_("mount options, separated by commas"),
		.read = read_option},
	{"onlyonce", 0, no_argument, .help = N_("fail if it is mounted there already"),
		.read = read_onlyonce},
	{"options-mode", 0, required_argument, "<mode>",
		N_("fstab's: ignore, append, prepend, replace"), .read = read_options_mode},
	{"options-source", 0, required_argument, "<list>", N_("add those of: fstab, mtab, disable"),
		.read = read_options_source},
	{"options-source-force", 0, no_argument,
		.help = N_("read fstab even if source and target are given"),
		.read = read_options_source_force},
	{"read-only", 'r', no_argument, .help = N_("the same as --ro and -o ro"),
		.read = read_option, .value = "ro", .anyone = true},
	{"ro", 'r', no_argument, .read = read_option, .value = "ro", .anyone = true},
	{"read-write", 'w', no_argument, .help = N_("the same as --rw and -o rw; never read-only"),
		.read = read_read_write, .value = "rw"},
	{"rw", 'w', no_argument, .read = read_read_write, .value = "rw"},
	{"exclusive", 0, no_argument, .help = N_("fail if the filesystem is in use already"),
		.read = read_exclusive, .anyone = true},

	{.help = N_("Beneath the existing mount (see mount_tuck(7))")},
	{"tuck", 0, optional_argument, "[=strict|kernel]", N_("attach beneath the top mount"),
		.read = read_tuck, .added = true},
	{"reveal", 0, optional_argument, "[=force|exact]",
		N_("with --tuck: then unmount the top mount"), .read = read_reveal, .added = true},
	{"from-base", 0, no_argument, .help = N_("with --tuck: a source as the base has it"),
		.flag = offsetof(struct command, from_base), .added = true},
	{"json", 0, no_argument, .help = N_("with --tuck: print rules and places as JSON"),
		.flag = offsetof(struct command, json), .added = true},
	{"try", 0, required_argument, "<command>",
		N_("with --tuck: if this succeeds with the new one"), .read = read_try,
		.added = true},
	{"wait", 0, optional_argument, "[=<seconds>]",
		N_("with --reveal: until the old one is gone"), .read = read_wait, .added = true},
	{"everywhere", 0, no_argument, .help = N_("with --reveal: also where it does not reach"),
		.flag = offsetof(struct command, everywhere), .added = true},
	{"carry", 0, no_argument, .help = N_("with --tuck: keep the mounts on the top"),
		.flag = offsetof(struct command, carry), .added = true},
	{"replace", 0, no_argument, .help = N_("all three; or an ordinary mount"),
		.flag = offsetof(struct command, replace), .added = true},
	{"beneath", 0, no_argument, .help = N_("the same as --tuck=kernel"), .read = read_tuck,
		.value = "kernel"},
	{"source-namespace", 0, required_argument, "caller",
		N_("with --tuck -N: a source of the caller's"), .read = read_source_namespace,
		.added = true},

	{.help = N_("Existing mounts")},
	{"bind", 'B', no_argument, .help = N_("show a directory or file in another place too"),
		.read = read_operation, .flags = MS_BIND, OPERATION},
	{"move", 'M', no_argument, .help = N_("move a mount, with all below it"),
		.read = read_operation, .flags = MS_MOVE, OPERATION},
	{"rbind", 'R', no_argument, .help = N_("as --bind, with the mounts below it"),
		.read = read_operation, .flags = MS_BIND | MS_REC, OPERATION},
	{"set-group", 0, required_argument, "<mountpoint>", N_("join the peer group of that mount"),
		.read = read_set_group, .added = true},
	{"make-shared", 0, no_argument, .help = N_("pass mounts on to peers, and receive"),
		.read = read_propagation},
	{"make-slave", 0, no_argument, .help = N_("receive only"), .read = read_propagation},
	{"make-private", 0, no_argument, .help = N_("neither pass on nor receive"),
		.read = read_propagation},
	{"make-unbindable", 0, no_argument, .help = N_("the same, and no bind mounts of it"),
		.read = read_propagation},
	{"make-rshared", 0, no_argument, .help = N_("each of these with the mounts below it"),
		.read = read_propagation},
	{"make-rslave", 0, no_argument, .help = "", .read = read_propagation},
	{"make-rprivate", 0, no_argument, .help = "", .read = read_propagation},
	{"make-runbindable", 0, no_argument, .help = "", .read = read_propagation},

	{.help = N_("How")},
	{"map-groups", 0, required_argument, "<inner>:<outer>:<count>",
		N_("the mount shows these group ids as others"), .read = read_map, .value = "g:"},
	{"map-users", 0, required_argument, "<inner>:<outer>:<count>",
		N_("user ids; or /proc/<pid>/ns/user for both"), .read = read_map, .value = "u:"},
	{"mkdir", 'm', optional_argument, "[=<mode>]", N_("make the target directory if need be"),
		.read = read_mkdir, .value = "X-mount.mkdir"},
	{"no-mtab", 'n', no_argument, .help = N_("write no record of it below /run/mount"),
		.enable = mnt_context_disable_mtab},
	{"no-canonicalize", 'c', no_argument, .help = N_("use every path as it is written"),
		.enable = mnt_context_disable_canonicalize},
	{"namespace", 'N', required_argument, "<pid|ns|path>", N_("in another mount namespace"),
		.read = read_namespace},
	{"internal-only", 'i', no_argument, .help = N_("without a mount.<type> helper"),
		.enable = mnt_context_disable_helpers, .anyone = true},
	{NULL, 's', no_argument, .help = N_("let a helper ignore unknown options"),
		.enable = mnt_context_enable_sloppy, .anyone = true},
	{"verbose", 'v', no_argument, .help = N_("say what is done"),
		.enable = mnt_context_enable_verbose, .anyone = true},
	{"help", 'h', no_argument, .help = N_("this text"), .read = read_help, .anyone = true},
	{"version", 'V', no_argument, .help = N_("versions and features"), .read = read_version,
		.anyone = true},
};

static void apply_to_context(struct command *command, const struct row *row, const char *argument)
{
	if (mnt_context_is_restricted(command->context) && !row->anyone)
		drop_privileges(command->context);
	context_row_apply(command->context, row, argument);
}

const struct option_table mount_options = {
	.rows = rows,
	.count = sizeof(rows) / sizeof(rows[0]),
	.help_column = 34,
	.separator = ' ',
	.before = apply_to_context,
	.usage = N_("Usage:\n"
		    " {} [-l] [-t <type>]                      list the mounts\n"
		    " {} -a [-F] [-t <type>] [-O <options>]    mount what fstab lists\n"
		    " {} [options] <source> <target>           mount one filesystem\n"
		    " {} [options] <source>|<target>           the same, the rest from fstab\n"
		    " {} --tuck [options] <source> <target>    beneath what is mounted there\n"
		    " {} --make-... <mountpoint>               change how mounts propagate"),
	.more = N_("\nA source may also be LABEL=, UUID=, PARTLABEL=, PARTUUID= or ID=<name>.\n"
		   "More is in mount(8), and mount_tuck(7) about --tuck."),
};
