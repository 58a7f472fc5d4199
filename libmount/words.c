/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "words.h"

#include <ctype.h>
#include <errno.h>
#include <libmount.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "i18n.h"
#include "kernel.h"
#include "namespaces.h"
#include "own-view.h"
#include "snapshot-read.h"
#include "util.h"

int text_add(char **text, const char *separator, const char *item)
{
	_cleanup_free_ char *before = steal_pointer(text);

	if (asprintf(text, "%s%s%s", before ?: "", before ? separator : "", item) >= 0)
		return 0;
	*text = NULL;
	return -ENOMEM;
}

int text_add_format(char **text, const char *separator, const char *format, ...)
{
	_cleanup_free_ char *item = NULL;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vasprintf(&item, format, arguments);
	va_end(arguments);
	if (length < 0) {
		item = NULL;
		return -ENOMEM;
	}
	return text_add(text, separator, item);
}

/* Whether @word is one of the words of @list, which may be NULL. */
static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; at && (at = strstr(at, word)); at++)
		if ((at == list || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
			return true;
	return false;
}

int text_add_word(char **text, const char *word)
{
	return has_word(*text, word) ? 0 : text_add(text, " ", word);
}

int text_add_more(char **text, size_t count)
{
	if (!*text || count <= LIST_MAX)
		return 0;
	return text_add_format(text, " ", _("and %zu more"), count - LIST_MAX);
}

void text_make_printable(char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			*text = '?';
}

char *shell_quote(const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "/._-+:=@%,";
	_cleanup_free_ char *quoted = NULL;
	char *end;

	if (*path && path[strspn(path, plain)] == '\0')
		return strdup(path);
	quoted = malloc(strlen(path) * 4 + 3);
	if (!quoted)
		return NULL;
	end = quoted;
	*end++ = '\'';
	for (; *path; path++)
		end = *path == '\'' ? stpcpy(end, "'\\''") : (*end = *path, end + 1);
	*end++ = '\'';
	*end = '\0';
	return steal_pointer(&quoted);
}

struct words words_of_namespace(const struct namespaces *namespaces, const struct mntns *where)
{
	struct words words;

	if (where == &namespaces->list[0])
		snprintf(words.text, sizeof(words.text), "%s",
			*words_own_namespace() ? _("that mount namespace")
					       : _("this mount namespace"));
	else if (where->pid)
		snprintf(words.text, sizeof(words.text),
			_("the mount namespace of process %d (%s)"), where->pid, where->command);
	else
		snprintf(words.text, sizeof(words.text), "%s",
			_("a mount namespace without a process that can be seen"));
	return words;
}

char *words_of_path(const struct namespaces *namespaces, struct mount *mount)
{
	const char *target = own_view_target(namespaces, mount);
	char *text;

	if (target)
		return strdup(target);
	target = mount_target(mount);
	if (!target)
		return strdup(_("a place out of sight"));
	return asprintf(&text, _("%s outside of the root directory"), target) < 0 ? NULL : text;
}

const char *words_of_way(const struct namespaces *namespaces, const struct mntns *mntns,
	struct mount *mount, char buffer[32])
{
	if (!mount_target(mount))
		return NULL;
	/* --namespace leads to the root of the namespace, also of the caller's own. */
	if (mntns == &namespaces->list[0] && !own_view_hides(namespaces, mount))
		return words_own_namespace();
	snprintf(buffer, 32, "--namespace %d ", mntns->pid);
	return mntns->pid ? buffer : NULL;
}

struct words words_of_propagation(const struct mount *mount)
{
	struct words words = {"private"};

	if (mount->group && mount->master)
		snprintf(words.text, sizeof(words.text), "shared:%d master:%d", mount->group,
			mount->master);
	else if (mount->group)
		snprintf(words.text, sizeof(words.text), "shared:%d", mount->group);
	else if (mount->master)
		snprintf(words.text, sizeof(words.text), "master:%d", mount->master);
	else if (mount->unbindable)
		strcpy(words.text, "unbindable");
	return words;
}

struct words words_of_flags(unsigned int flags)
{
	static const struct {
		const char *word;
		unsigned int flag;
	} names[] = {
		{",ro", MOUNT_ATTR_RDONLY},
		{",nosuid", MOUNT_ATTR_NOSUID},
		{",nodev", MOUNT_ATTR_NODEV},
		{",noexec", MOUNT_ATTR_NOEXEC},
		{",nosymfollow", MOUNT_ATTR_NOSYMFOLLOW},
	};
	struct words words = {""};
	char *end = words.text;

	for (size_t i = 0; i < ELEMENTS(names); i++)
		if (flags & names[i].flag)
			end = stpcpy(end, names[i].word + (end == words.text));
	return words;
}

char *words_of_mount(struct mount *mount, const char *name_of_new)
{
	const char *root, *source;
	char *name;

	if (!mount->short_id)
		return strdup(name_of_new);
	root = mount_root(mount);
	if (!mount->fs)
		return asprintf(&name, "mount %d", mount->short_id) < 0 ? NULL : name;
	source = mnt_fs_get_source(mount->fs) ?: "none";
	if (!root || strcmp(root, "/") == 0)
		return strdup(source);
	return asprintf(&name, "%s[%s]", source, root) < 0 ? NULL : name;
}

static int text_add_mount(char **text, const struct mount *mount)
{
	return text_add_format(text, ", ", _("%s (mount %d)"),
		mnt_fs_get_source(mount->fs) ?: "none", mount->short_id);
}

char *words_of_stack(const char *path)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	_cleanup_free_ char *text = NULL;
	struct mount *mount, *bottom = NULL;
	size_t count = 0;

	if (!path || snapshot_read(SNAPSHOT_FULL, &snapshot) < 0)
		return NULL;
	snapshot_for_each (mount, snapshot)
		if (strcmp(mount_target(mount), path) == 0 &&
			(!mount->parent || strcmp(mount_target(mount->parent), path) != 0))
			bottom = mount;
	for (mount = bottom; mount; mount = mount_cover(mount))
		if (count++ < LIST_MAX && text_add_mount(&text, mount) < 0)
			return NULL;
	if (text_add_more(&text, count) < 0)
		return NULL;
	return steal_pointer(&text);
}

/* The service of the system's manager that has the control group @path; NULL: none, or a user's
 * manager, which must not be restarted. What lies in the group of another unit (a container, a
 * scope) is not the manager's. The path is cut. */
static char *service_in_path(char *path)
{
	static const char slice[] = ".slice", service[] = ".service", user[] = "user@";
	char *rest;

	path[strcspn(path, "\n")] = '\0';
	for (char *part = strtok_r(path, "/", &rest); part; part = strtok_r(NULL, "/", &rest)) {
		size_t length = strlen(part);

		if (length > strlen(slice) && strcmp(part + length - strlen(slice), slice) == 0)
			continue;
		return length > strlen(service) &&
				       strcmp(part + length - strlen(service), service) == 0 &&
				       strncmp(part, user, strlen(user)) != 0
			       ? part
			       : NULL;
	}
	return NULL;
}

int words_of_unit(int pid, char **ret)
{
	_cleanup_fclose_ FILE *file = NULL;
	_cleanup_free_ char *line = NULL;
	char path[64];
	size_t size = 0;

	*ret = NULL;
	snprintf(path, sizeof(path), "%d/cgroup", pid);
	file = kernel_fopen_proc(path);
	while (file && !*ret && getline(&line, &size, file) > 0) {
		const char *service = NULL;

		/* Version 2, or systemd's own hierarchy of version 1. */
		if (strncmp(line, "0::", 3) == 0 || strstr(line, ":name=systemd:"))
			service = service_in_path(line + strcspn(line, "/"));
		*ret = service ? shell_quote(service) : NULL;
		if (service && !*ret)
			return -ENOMEM;
	}
	return 0;
}

/* The option that names the mount namespace that a program has entered, and the one that a thread
 * of the library has entered for one call. */
static char *own_namespace;
static _Thread_local char thread_namespace[64];

static const char number_option[] = "--namespace %llu ";

void words_enter_for_call(ino_t number)
{
	snprintf(thread_namespace, sizeof(thread_namespace), number_option,
		(unsigned long long)number);
}

int words_enter_namespace(const char *path)
{
	_cleanup_free_ char *quoted = NULL;
	char *option;
	int pid, fd, end = 0;
	struct stat st;

	if (sscanf(path, "/proc/%d/ns/mnt%n", &pid, &end) == 1 && end && !path[end]) {
		if (asprintf(&option, "--namespace %d ", pid) < 0)
			return -ENOMEM;
	} else if (sscanf(path, "/proc/%d/fd/%d%n", &pid, &fd, &end) == 2 && end && !path[end] &&
		   pid == getpid() && fstat(fd, &st) == 0) {
		/* It was named by its number. */
		if (asprintf(&option, number_option, (unsigned long long)st.st_ino) < 0)
			return -ENOMEM;
	} else {
		quoted = shell_quote(path);
		if (!quoted || asprintf(&option, "--namespace %s ", quoted) < 0)
			return -ENOMEM;
	}
	free(own_namespace);
	own_namespace = option;
	return 0;
}

const char *words_own_namespace(void)
{
	return *thread_namespace ? thread_namespace : own_namespace ?: "";
}
