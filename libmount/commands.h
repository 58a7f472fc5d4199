/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * commands: the shell commands in remedies, so that each can be pasted as it is.
 *
 * A command is made from a template, in which a word in braces stands for a program, by the name
 * that it has here: mount(8) that was called as tuck-mount names {umount} tuck-umount.
 *
 *   {mount}       the program
 *   {mount here}  the program, and --namespace if the program that is running has entered a mount
 *                 namespace: for a command about that namespace
 *
 * The programs are mount, umount and findmnt. Everything else in a template is printf's. Paths are
 * passed through shell_quote().
 */
#pragma once

#include <stddef.h>

/* What separates a command from what stands before it. */
#define COMMANDS_SEPARATOR "\n\t"

enum command_program { COMMAND_MOUNT, COMMAND_UMOUNT, COMMAND_FINDMNT };

/* Note how the running program was called. @program: which of the programs it is. @argv is its
 * command line, which has to stay. The programs are called alike: "tuck-mount" has "tuck-umount"
 * beside it, and "/usr/lib/mount-tuck/bin/mount" has "/usr/lib/mount-tuck/bin/umount". Without this
 * call, and where @argv has another name, they are called as they are installed. -ENOMEM. */
int commands_called(enum command_program program, char **argv);

/* The name of @program, as a word of a shell command. */
const char *command_name(enum command_program program);

/* Make a command. The caller frees @ret. -ENOMEM: @ret is NULL. */
int command_make(char **ret, const char *template, ...) __attribute__((format(printf, 2, 3)));

/* The running program's command line, with --reveal=force in the place of --reveal, or after
 * --replace. The caller frees @ret, which is NULL if no command line is noted, or if it has a
 * password. -ENOMEM. */
int command_with_force(char **ret);

/* The template as a format, for those that make a command by vasprintf(3). The caller frees it.
 * NULL: no memory. */
char *command_format(const char *template);
