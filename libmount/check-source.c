/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules about the source. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "facts.h"
#include "i18n.h"
#include "namespaces.h"
#include "path.h"
#include "probe.h"
#include "rules.h"
#include "snapshot.h"
#include "util.h"

static bool is_same(const struct mount *mount, const struct mount *other)
{
	return mount->short_id == other->short_id;
}

enum mnttuck_verdict check_source_namespace(struct mnttuck *tuck, struct finding *finding)
{
	struct mntns *mntns;
	struct mount *foreign = NULL;
	_cleanup_free_ char *quoted = NULL;
	_cleanup_free_ char *path = NULL;
	int r;

	if (tuck->kind == SOURCE_TREE)
		return MNTTUCK_NOT_APPLICABLE;
	r = operation_read(&tuck->source);
	if (r == 0)
		return MNTTUCK_OK;
	if (r != -ENOENT && operation_sees_mounts(tuck)) {
		finding_detail(finding, _("its mount can't be read: %s"), strerror(-r));
		return MNTTUCK_REFUSED;
	}
	if (r != -ENOENT)
		return MNTTUCK_UNCHECKED; /* kernel-support says why */
	mntns = operation_find_foreign(tuck, &tuck->source.identity, &foreign);
	if (!mntns) {
		finding_detail(finding, _("it is not attached anywhere any more, or in a mount "
					  "namespace that can't be seen from here"));
		return MNTTUCK_REFUSED;
	}
	finding_detail(finding, _("it is in %s"), operation_describe_namespace(tuck, mntns).text);
	path = path_of_fd(tuck->source.fd);
	quoted = path ? shell_quote(path) : NULL;
	if (mntns->pid && quoted)
		finding_remedy(finding,
			_("Clone it there, for here: nsenter --mount=/proc/%d/ns/mnt mount "
			  "--namespace $$ "
			  "--source-namespace=caller --tuck %s %s %s"),
			mntns->pid, tuck->kind == SOURCE_RBIND ? "--rbind" : "--bind", quoted,
			tuck->target.shell);
	return MNTTUCK_REFUSED;
}

enum mnttuck_verdict check_source_kind(struct mnttuck *tuck, struct finding *finding)
{
	bool source_is_directory = S_ISDIR(tuck->source.identity.mode);
	bool target_is_directory = S_ISDIR(tuck->target.identity.mode);

	if (source_is_directory == target_is_directory)
		return MNTTUCK_OK;
	finding_detail(finding,
		source_is_directory ? _("it is a directory, and %s is a file")
				    : _("it is a file, and %s is a directory"),
		tuck->target.path);
	finding_remedy(finding, "%s",
		source_is_directory
			? _("Name a file as the source")
			: _("Name a directory as the source, or an image of a filesystem"));
	return MNTTUCK_REFUSED;
}

/* Only a mount at its own root can be moved. */
static bool is_whole_mount(const struct mnttuck *tuck)
{
	return tuck->source.identity.is_root;
}

enum mnttuck_verdict check_source_uncovered(struct mnttuck *tuck, struct finding *finding)
{
	struct namespaces *namespaces;
	struct mount *mount = NULL, *cover;

	if (tuck->kind != SOURCE_MOVE || operation_read(&tuck->source) < 0)
		return MNTTUCK_NOT_APPLICABLE;
	namespaces = operation_namespaces(tuck);
	if (namespaces && namespaces->list[0].snapshot)
		mount = snapshot_find(namespaces->list[0].snapshot, tuck->source.identity.short_id);
	if (!mount)
		return MNTTUCK_UNCHECKED;
	cover = mount_cover(mount);
	if (!cover)
		return MNTTUCK_OK;
	finding_detail(
		finding, _("another mount covers it, at %s"), mount_target(cover) ?: _("its root"));
	if (mount_target(cover)) {
		_cleanup_free_ char *path = shell_quote(mount_target(cover));

		finding_remedy(finding, _("Take that away first: umount %s"), path ?: "");
	}
	return MNTTUCK_REFUSED;
}

/* Whether @mount is @ancestor or below it, in the caller's namespace. */
static int is_at_or_below(struct mount *mount, const struct mount *ancestor)
{
	struct snapshot *before = NULL;
	int r = 0;

	for (;;) {
		struct snapshot *snapshot;
		struct mount *parent;

		if (is_same(mount, ancestor)) {
			r = 1;
			break;
		}
		if (mount->short_id == mount->short_parent_id)
			break;
		r = snapshot_read_parent(mount, &snapshot, &parent);
		if (r < 0) {
			/* A parent out of sight has no further ones in sight. */
			r = r == -ENOENT ? 0 : r;
			break;
		}
		snapshot_free(before);
		before = snapshot;
		mount = parent;
	}
	snapshot_free(before);
	return r;
}

enum mnttuck_verdict check_source_loop(struct mnttuck *tuck, struct finding *finding)
{
	struct mount *source = tuck->source.mount, *top = tuck->target.mount;

	if (tuck->kind != SOURCE_MOVE || !source || !is_whole_mount(tuck))
		return MNTTUCK_NOT_APPLICABLE;
	if (is_same(source, top))
		finding_detail(finding, _("it is the top mount itself"));
	else if (is_at_or_below(top, source) == 1)
		finding_detail(finding,
			_("%s is inside it, and a mount can't be moved into itself"),
			tuck->target.path);
	else if (is_at_or_below(source, top) == 1)
		finding_detail(finding,
			_("it is mounted inside %s, and a mount can't be moved beneath "
			  "the one that holds it"),
			tuck->target.path);
	else
		return MNTTUCK_OK;
	finding_remedy(finding, _("Tuck a clone of it: mount --tuck --bind %s %s"),
		tuck->source.shell, tuck->target.shell);
	return MNTTUCK_REFUSED;
}

enum mnttuck_verdict check_source_detachable(struct mnttuck *tuck, struct finding *finding)
{
	struct mount *source = tuck->source.mount, *parent = tuck->source.parent;
	const char *target;

	if (tuck->kind != SOURCE_MOVE || !source)
		return MNTTUCK_NOT_APPLICABLE;
	target = mount_target(source);
	if (!is_whole_mount(tuck))
		finding_detail(finding, _("nothing is mounted there that could be moved"));
	else if (source->short_id == source->short_parent_id ||
		 (target && strcmp(target, "/") == 0))
		finding_detail(finding, _("it is the root directory"));
	else if (parent && parent->group)
		finding_detail(finding,
			_("its parent %s is shared (shared:%d), and what is mounted on a "
			  "shared mount can't be moved away"),
			mount_target(parent) ?: _("(above the root directory)"), parent->group);
	else if (target && kernel_namespace_is_initial_user() == 0 && probe_locked(target) == 1)
		finding_detail(
			finding, _("it came from a more privileged mount namespace and is locked "
				   "in its place"));
	else
		return MNTTUCK_OK;
	finding_remedy(finding, _("Tuck a clone of it: mount --tuck --rbind %s %s"),
		tuck->source.shell, tuck->target.shell);
	return MNTTUCK_REFUSED;
}

enum mnttuck_verdict check_source_private(struct mnttuck *tuck, struct finding *finding)
{
	struct mount *source = tuck->source.mount;

	if (tuck->kind != SOURCE_MOVE || !source)
		return MNTTUCK_NOT_APPLICABLE;
	if (!source->group && !source->master)
		return MNTTUCK_OK;
	if (source->group)
		finding_detail(finding,
			_("it is shared (shared:%d): what is mounted on its peers would "
			  "also appear beneath %s"),
			source->group, tuck->target.path);
	else
		finding_detail(finding,
			_("it is a slave (master:%d): what is mounted on its master would "
			  "also appear beneath %s"),
			source->master, tuck->target.path);
	finding_remedy(finding, _("Take it out of its peer group first: mount --make-private %s"),
		tuck->source.shell);
	return MNTTUCK_REFUSED;
}

static struct mount *find_unbindable(struct mount *top)
{
	struct mount *mount = top;

	while ((mount = mount_next_below(top, mount)))
		if (mount->unbindable)
			return mount;
	return NULL;
}

static enum mnttuck_verdict refuse_unbindable(struct finding *finding, struct mount *unbindable)
{
	_cleanup_free_ char *path = shell_quote(mount_target(unbindable) ?: "");

	finding_detail(finding,
		_("%s is unbindable, and can't be copied to where the mount would be "
		  "passed on"),
		mount_target(unbindable) ?: _("a mount in it"));
	finding_remedy(finding, _("Allow copies: mount --make-private %s"), path ?: "");
	return MNTTUCK_REFUSED;
}

/* A moved tree is copied to every receiver of the target's parent. */
static enum mnttuck_verdict check_moved_tree(struct mnttuck *tuck, struct finding *finding)
{
	struct namespaces *namespaces;
	struct mount *mount = NULL, *unbindable;

	if (!tuck->target.parent || !tuck->target.parent->group)
		return MNTTUCK_OK;
	if (tuck->source.mount->unbindable)
		return refuse_unbindable(finding, tuck->source.mount);
	namespaces = operation_namespaces(tuck);
	if (namespaces && namespaces->list[0].snapshot)
		mount = snapshot_find(namespaces->list[0].snapshot, tuck->source.identity.short_id);
	if (!mount)
		return MNTTUCK_UNCHECKED;
	unbindable = find_unbindable(mount);
	return unbindable ? refuse_unbindable(finding, unbindable) : MNTTUCK_OK;
}

enum mnttuck_verdict check_source_bindable(struct mnttuck *tuck, struct finding *finding)
{
	_cleanup_close_ int clone = -1;

	if (tuck->kind == SOURCE_TREE || !tuck->source.mount)
		return MNTTUCK_NOT_APPLICABLE;
	if (tuck->kind == SOURCE_MOVE)
		return check_moved_tree(tuck, finding);
	if (tuck->source.mount->unbindable) {
		const char *path = mount_target(tuck->source.mount) ?: tuck->source.path;
		_cleanup_free_ char *quoted = shell_quote(path);

		finding_detail(finding, _("its mount %s is unbindable"), path);
		finding_remedy(finding, _("Allow it: mount --make-private %s"), quoted ?: "");
		return MNTTUCK_REFUSED;
	}
	if (tuck->kind == SOURCE_RBIND || kernel_namespace_is_initial_user() != 0)
		return MNTTUCK_OK;
	/* Without its submounts it would show what locked ones hide. Making a clone is the way to
	 * know. */
	clone = kernel_open_tree(tuck->source.fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
	if (clone != -EINVAL)
		return MNTTUCK_OK;
	finding_detail(
		finding, _("locked mounts from a more privileged mount namespace lie in it, and "
			   "hide what is below them"));
	finding_remedy(finding, _("Clone them with it: mount --tuck --rbind %s %s"),
		tuck->source.shell, tuck->target.shell);
	return MNTTUCK_REFUSED;
}
