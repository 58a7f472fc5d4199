/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * words: parts of the sentences and commands that the library hands out.
 *
 * Where a char * is returned, the caller frees it, and NULL means out of memory.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

struct mntns;
struct mount;
struct namespaces;

/* Append @item to @text, and @separator before it unless @text was NULL. -ENOMEM: @text is NULL. */
int text_add(char **text, const char *separator, const char *item);
/* The same, with an item that is formatted as by printf(3). */
int text_add_format(char **text, const char *separator, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Append @word after a blank, unless it is one of the words of @text already. -ENOMEM: @text is
 * NULL. */
int text_add_word(char **text, const char *word);

/* A sentence names this many things of a kind, and the number of the others. */
#define LIST_MAX 10

/* Append " and 7 more" to a list of LIST_MAX things, of which there are @count; or nothing.
 * -ENOMEM. */
int text_add_more(char **text, size_t count);

/* Replace control characters by '?'. A line of a text is a sentence or a command, so a name that
 * others have chosen must not begin another line. */
void text_make_printable(char *text);

/* @path as one word of a shell command. */
char *shell_quote(const char *path);

/* A short text, returned by value. */
struct words {
	char text[160];
};

/* "the mount namespace of process 12 (sleep)". @where is one of @namespaces, whose processes have
 * been looked for. */
struct words words_of_namespace(const struct namespaces *namespaces, const struct mntns *where);

/* The path of @mount, as the caller or, in another namespace, a process there names it. The caller
 * frees it. */
char *words_of_path(const struct namespaces *namespaces, struct mount *mount);

/* What a command about @mount, which is in @mntns, needs to be done there: "--namespace 12 ", or
 * "". NULL: no command can. The path that goes with it is that of mount_target() if there is an
 * option, and that of own_view_target() if not. */
const char *words_of_way(const struct namespaces *namespaces, const struct mntns *mntns,
	struct mount *mount, char buffer[32]);

/* "shared:24 master:1", as mountinfo has it. */
struct words words_of_propagation(const struct mount *mount);

/* "ro,noexec". @flags: as struct mount has them. */
struct words words_of_flags(unsigned int flags);

/* The source of @mount, and the directory of it that shows, if that is not its root: "/dev/sda1" or
 * "/dev/sda1[/opt]". @name_of_new: for a mount that a plan has added. */
char *words_of_mount(struct mount *mount, const char *name_of_new);

/* The mounts at @path now, bottom first: "a (mount 20), b (mount 31)". NULL also if nothing is
 * mounted there or mounts can't be read. */
char *words_of_stack(const char *path);

/* Note that the program enters the mount namespace @path, so that commands in remedies have to name
 * it. For programs that end soon: it is remembered for the process. -ENOMEM. */
int words_enter_namespace(const char *path);
/* The same for a thread that enters the namespace with this inode number, and ends after one call.
 */
void words_enter_for_call(ino_t number);
/* "--namespace 12 ", the option that commands about the namespace of the caller need; or "". */
const char *words_own_namespace(void);

/* The systemd unit that process @pid belongs to, as one word of a shell command; NULL: none. The
 * caller frees @ret. -ENOMEM. */
int words_of_unit(int pid, char **ret);
