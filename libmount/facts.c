/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts.h"

#include <errno.h>
#include <libmount.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "i18n.h"
#include "namespaces.h"
#include "path.h"
#include "probe.h"
#include "rules.h"
#include "snapshot.h"
#include "util.h"

void located_init(struct located *located)
{
	*located = (struct located){.fd = -1};
}

int located_name(struct located *located, const char *path)
{
	located->path = strdup(path);
	located->shell = shell_quote(path);
	return located->path && located->shell ? 0 : -ENOMEM;
}

static void located_forget(struct located *located)
{
	snapshot_free(steal_pointer(&located->snapshot));
	snapshot_free(steal_pointer(&located->parent_snapshot));
	located->mount = located->parent = NULL;
	located->is_read = located->is_at_root_of_namespace = false;
}

void located_clear(struct located *located)
{
	located_forget(located);
	free(steal_pointer(&located->path));
	free(steal_pointer(&located->shell));
	if (located->fd >= 0)
		close(steal_fd(&located->fd));
}

/* Without statmount a mount that can't be reached from the caller's root is found from the
 * namespace's; as statmount would tell of it, without a place. */
static int read_out_of_sight(
	int short_id, struct snapshot **snapshot, struct mount **mount, bool *is_at_root)
{
	_cleanup_free_ char *line = NULL;
	_cleanup_fclose_ FILE *text = NULL;
	int r = probe_mountinfo_line(short_id, &line);

	if (r < 0)
		return r;
	text = fmemopen(line, strlen(line), "r");
	r = text ? snapshot_parse(text, "mountinfo", snapshot) : -ENOMEM;
	if (r < 0)
		return r;
	*mount = snapshot_mount(*snapshot, 0);
	if (!*mount || !mount_target(*mount))
		return -ENOENT;
	*is_at_root = strcmp(mount_target(*mount), "/") == 0;
	(*mount)->target = NULL;
	return 0;
}

int operation_read(struct located *located)
{
	bool has_statmount = located->identity.unique_id, is_at_root;
	int r;

	if (located->is_read)
		return located->read_error;
	located->is_read = true;
	r = snapshot_read_one(located->identity.unique_id, located->identity.short_id,
		&located->snapshot, &located->mount);
	if (r == -ENOENT && !has_statmount &&
		read_out_of_sight(located->identity.short_id, &located->snapshot, &located->mount,
			&located->is_at_root_of_namespace) == 0)
		r = 0;
	located->read_error = r;
	if (r < 0)
		return r;
	r = snapshot_read_parent(located->mount, &located->parent_snapshot, &located->parent);
	if (r == -ENOMEM)
		return located->read_error = r;
	if (r < 0 && (has_statmount ||
			     read_out_of_sight(located->mount->short_parent_id,
				     &located->parent_snapshot, &located->parent, &is_at_root) < 0))
		located->parent = NULL;
	return 0;
}

bool operation_sees_mounts(const struct mnttuck *tuck)
{
	return tuck->target.identity.unique_id || access("/proc/self/mountinfo", R_OK) == 0;
}

enum attach_way operation_way(struct mnttuck *tuck)
{
	if (tuck->way == ATTACH_UNDECIDED)
		tuck->way = attach_choose();
	return tuck->way;
}

bool operation_keeps_groups(const struct mnttuck *tuck)
{
	return tuck->rules == MNTTUCK_KERNEL &&
	       (tuck->kind == SOURCE_BIND || tuck->kind == SOURCE_RBIND);
}

bool operation_attach_place(struct mnttuck *tuck, struct attach_place *place)
{
	const struct mount *parent = tuck->target.parent;

	if (!tuck->target.mount || !parent)
		return false;
	*place = (struct attach_place){
		.target = tuck->target.fd,
		.path = mount_target(tuck->target.mount),
		.parent_id = parent->short_id,
		.parent_is_shared = parent->group,
		.parent_is_slave = parent->master,
	};
	return place->path;
}

unsigned int operation_acts(const struct mnttuck *tuck)
{
	unsigned int acts = 0;

	if (tuck->operations & MNTTUCK_TUCK && !tuck->is_attached)
		acts |= OF_TUCK;
	if (tuck->operations & MNTTUCK_REVEAL)
		acts |= OF_REVEAL;
	return acts;
}

struct namespaces *operation_namespaces(struct mnttuck *tuck)
{
	if (!tuck->namespaces && !tuck->namespaces_error) {
		/* The namespace in which another tuck lets its mount arrive is none to speak of. */
		_cleanup_close_ int lock =
			operation_way(tuck) == ATTACH_BY_PROPAGATION ? attach_lock() : -1;

		(void)lock;
		tuck->namespaces_error = tuck->wants_names ? namespaces_read_full(&tuck->namespaces)
							   : namespaces_read(&tuck->namespaces);
	}
	return tuck->namespaces;
}

bool operation_is_steady(const struct mnttuck *tuck)
{
	struct located now = {.fd = -1, .identity = tuck->target.identity};
	const struct mount *parent = tuck->target.parent;
	bool is_same;

	if (!tuck->namespaces || !tuck->target.mount)
		return true;
	is_same = operation_read(&now) == 0 &&
		  now.mount->short_parent_id == tuck->target.mount->short_parent_id &&
		  (!now.parent || !parent || now.parent->id == parent->id);
	located_clear(&now);
	return is_same;
}

struct mntns *operation_namespace_of(struct mnttuck *tuck, const struct mount *mount)
{
	struct namespaces *namespaces = operation_namespaces(tuck);

	if (!namespaces)
		return NULL;
	if (!tuck->namespaces_have_processes) {
		namespaces_find_processes(namespaces);
		tuck->namespaces_have_processes = true;
	}
	return namespaces_of(namespaces, mount->snapshot);
}

struct namespace_text operation_describe_namespace(
	const struct mnttuck *tuck, const struct mntns *where)
{
	struct namespace_text words;

	if (where == &tuck->namespaces->list[0])
		snprintf(words.text, sizeof(words.text), "%s", _("this mount namespace"));
	else if (where->pid)
		snprintf(words.text, sizeof(words.text),
			_("the mount namespace of process %d (%s)"), where->pid, where->command);
	else
		snprintf(words.text, sizeof(words.text), "%s",
			_("a mount namespace without a process that can be seen"));
	return words;
}

struct mntns *operation_find_foreign(
	struct mnttuck *tuck, const struct mount_identity *identity, struct mount **mount)
{
	struct namespaces *namespaces = operation_namespaces(tuck);

	for (size_t i = 1; namespaces && i < namespaces->count; i++) {
		struct snapshot *snapshot = namespaces->list[i].snapshot;

		if (!snapshot)
			continue;
		/* Of the mounts that there are at one time, each has a short id of its own. */
		*mount = snapshot_find(snapshot, identity->short_id);
		if (*mount)
			return operation_namespace_of(tuck, *mount);
	}
	return NULL;
}

const struct place *operation_place(struct mnttuck *tuck)
{
	struct mount *top = tuck->target.mount, *parent = tuck->target.parent;
	const char *at;

	if (tuck->place_is_read || !top || !parent)
		return &tuck->place;
	tuck->place_is_read = true;
	tuck->place.device = mount_device(parent);
	at = mount_target(top);
	if (!at)
		return &tuck->place;
	if (mount_target(parent) && mount_root(parent)) {
		tuck->place.path = path_on_filesystem(parent, at);
	} else {
		/* The parent's own mount point is out of the caller's sight: it is the mount that
		 * the caller's root directory lies in. */
		_cleanup_free_ char *own_root = NULL;

		if (probe_root_path(&own_root) == 0)
			tuck->place.path = path_join(own_root, at);
	}
	return &tuck->place;
}

void operation_tell(struct mnttuck *tuck, const char *format, ...)
{
	va_list arguments;

	free(steal_pointer(&tuck->outcome));
	va_start(arguments, format);
	if (vasprintf(&tuck->outcome, format, arguments) < 0)
		tuck->outcome = NULL;
	va_end(arguments);
}

char *operation_describe_stack(const char *path)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	struct mount *mount, *bottom = NULL;
	char *text = NULL;

	if (!path || snapshot_read(SNAPSHOT_FULL, &snapshot) < 0)
		return NULL;
	snapshot_for_each (mount, snapshot)
		if (strcmp(mount_target(mount), path) == 0 &&
			(!mount->parent || strcmp(mount_target(mount->parent), path) != 0))
			bottom = mount;
	for (mount = bottom; mount; mount = mount_cover(mount)) {
		_cleanup_free_ char *item = NULL;

		if (asprintf(&item, _("%s (mount %d)"), mnt_fs_get_source(mount->fs) ?: "none",
			    mount->short_id) < 0) {
			item = NULL;
			free(text);
			return NULL;
		}
		if (text_add(&text, ", ", item) < 0)
			return NULL;
	}
	return text;
}

char *operation_source_words(const struct mnttuck *tuck)
{
	static const char *const options[] = {
		[SOURCE_BIND] = "--bind",
		[SOURCE_RBIND] = "--rbind",
		[SOURCE_MOVE] = "--move",
	};
	char *words = NULL;

	if (tuck->kind == SOURCE_NONE || tuck->kind == SOURCE_TREE)
		return NULL;
	if (asprintf(&words, "%s %s", options[tuck->kind], tuck->source.shell) < 0)
		return NULL;
	return words;
}

void operation_forget(struct mnttuck *tuck)
{
	located_forget(&tuck->target);
	if (tuck->kind != SOURCE_TREE)
		located_forget(&tuck->source);
	outlook_clear(&tuck->outlook);
	tuck->is_foreseen = false;
	namespaces_free(steal_pointer(&tuck->namespaces));
	tuck->namespaces_error = 0;
	tuck->namespaces_have_processes = false;
	free(steal_pointer(&tuck->place.path));
	tuck->place_is_read = false;
}

int text_add(char **text, const char *separator, const char *item)
{
	_cleanup_free_ char *before = steal_pointer(text);

	if (asprintf(text, "%s%s%s", before ?: "", before ? separator : "", item) >= 0)
		return 0;
	*text = NULL;
	return -ENOMEM;
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
