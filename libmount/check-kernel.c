/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rule about what the running kernel can do at all. By the flag it can do everything that the
 * other rules let pass. By propagation there are places that a mount can't arrive at, mounts that a
 * clone does not stand for, and settings that can't be reached beneath the top.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "facts.h"
#include "i18n.h"
#include "namespaces.h"
#include "path.h"
#include "rules.h"
#include "snapshot.h"
#include "util.h"

/* Why what works by propagation does not work here. */
static enum mnttuck_verdict __attribute__((format(printf, 2, 3)))
refuse(struct finding *finding, const char *format, ...)
{
	_cleanup_free_ char *why = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&why, format, arguments) < 0)
		why = NULL;
	va_end(arguments);
	finding_detail(finding,
		/* Translators: a clause that says why follows. */
		_("without MOVE_MOUNT_BENEATH (Linux 6.5) a mount goes beneath another by "
		  "propagation only, and %s"),
		why ?: "");
	return MNTTUCK_REFUSED;
}

/* Whether a mount of the stack that @top lies on is unbindable: a clone of the stack ends below it.
 */
static bool stack_is_unbindable(struct mount *top)
{
	const char *path = mount_target(top);
	struct snapshot *before = NULL;
	struct mount *mount = top;
	bool is_found = false;

	while (path && mount && !is_found) {
		struct snapshot *snapshot;
		struct mount *parent;

		is_found = mount->unbindable;
		if (snapshot_read_parent(mount, &snapshot, &parent) < 0)
			break;
		snapshot_free(before);
		before = snapshot;
		mount = mount_target(parent) && strcmp(mount_target(parent), path) == 0 ? parent
											: NULL;
	}
	snapshot_free(before);
	return is_found;
}

static enum mnttuck_verdict check_place(struct mnttuck *tuck, struct finding *finding)
{
	struct mount *top = tuck->target.mount, *parent = tuck->target.parent;
	const char *path;
	struct attach_place place;
	int obstacle;

	if (!operation_attach_place(tuck, &place))
		return refuse(finding, _("the parent of the top mount can't be read"));
	path = mount_target(parent);
	if (parent->group && parent_passes_on_to(tuck, top) < 0)
		return refuse(finding,
			_("whether the parent passes mounts on to the top can't be known"));
	if (path && strcmp(path, mount_target(top)) == 0 && stack_is_unbindable(top))
		return refuse(finding, _("a mount of the stack is unbindable and can't be cloned"));
	path = path ?: _("(above the root directory)");
	obstacle = attach_find_obstacle(&place);
	switch (obstacle) {
	case ATTACH_NO_OBSTACLE:
		return MNTTUCK_OK;
	case ATTACH_PARENT_COVERED:
		finding_remedy(finding,
			_("Unmount the top first, if that is what is to go: umount %s"),
			tuck->target.shell);
		return refuse(finding, _("what the top mount lies on is covered at the same path, "
					 "and not shared"));
	case ATTACH_PARENT_NOT_CLONED:
		if (mount_target(parent)) {
			_cleanup_free_ char *quoted = shell_quote(path);

			finding_remedy(
				finding, _("Allow clones: mount --make-private %s"), quoted ?: "");
		}
		return refuse(
			finding, _("%s, the parent, is unbindable and can't be cloned"), path);
	case ATTACH_ROOT_NOT_REACHED:
		return refuse(finding, _("%s, the parent, can't be reached at its root"), path);
	case ATTACH_NAMESPACE_NOT_ENTERED:
		return refuse(finding,
			_("the way out of the chroot, to the parent, needs CAP_SYS_CHROOT"));
	default:
		return obstacle < 0 ? MNTTUCK_UNCHECKED : MNTTUCK_OK;
	}
}

/* Of the mounts that a clone of @top from @path down is made of. */
static struct mount *find_not_private(struct mount *top, const char *path, bool recursive)
{
	for (struct mount *mount = top; mount; mount = mount_next_below(top, mount)) {
		const char *target = mount_target(mount);

		if ((mount->group || mount->master || mount->unbindable) &&
			(mount == top || (recursive && target && path_below(target, path))))
			return mount;
	}
	return NULL;
}

/* What is to keep its propagation. A moved tree is replaced by a clone, which has the same only
 * where that is private; and below a parent that is not shared all that arrives is private. */
static enum mnttuck_verdict check_groups(struct mnttuck *tuck, struct finding *finding)
{
	bool is_move = tuck->kind == SOURCE_MOVE;
	struct namespaces *namespaces;
	struct mount *mount = NULL, *other;
	_cleanup_free_ char *path = NULL, *quoted = NULL;

	if (!is_move && (!operation_keeps_groups(tuck) || tuck->target.parent->group))
		return MNTTUCK_OK;
	namespaces = operation_namespaces(tuck);
	if (namespaces && namespaces->list[0].snapshot)
		mount = snapshot_find(namespaces->list[0].snapshot, tuck->source.identity.short_id);
	if (!mount)
		return MNTTUCK_OK; /* refused by the rules about the source */
	path = is_move ? strdup(mount_target(mount) ?: "") : path_of_fd(tuck->source.fd);
	if (!path)
		return MNTTUCK_UNCHECKED;
	other = find_not_private(mount, path, tuck->kind != SOURCE_BIND);
	if (!other)
		return MNTTUCK_OK;
	quoted = shell_quote(mount_target(other) ?: "");
	if (is_move)
		finding_remedy(finding, _("Make the tree private first: mount --make-rprivate %s"),
			tuck->source.shell);
	else
		finding_remedy(finding, _("Tuck a private clone: mount --tuck %s %s %s"),
			tuck->kind == SOURCE_BIND ? "--bind" : "--rbind", tuck->source.shell,
			tuck->target.shell);
	return refuse(finding,
		is_move ? _("%s is not private: a clone, which goes in the place of the moved "
			    "mount, would not be the same")
			: _("%s is not private: a clone would not stay in its group, as the parent "
			    "of the top mount is not shared"),
		quoted ?: "");
}

/* The new mount is what the kernel makes it: out of reach beneath the top, it can't be changed. */
static enum mnttuck_verdict check_propagation(struct mnttuck *tuck, struct finding *finding)
{
	bool is_shared = tuck->target.parent->group;

	if (!tuck->propagation ||
		(is_shared ? tuck->propagation == MS_SHARED
			   : tuck->propagation == MS_PRIVATE || tuck->propagation == MS_SLAVE))
		return MNTTUCK_OK;
	return refuse(finding,
		is_shared ? _("beneath the top the new mount can't be made anything but shared, "
			      "as its parent is")
			  : _("beneath the top the new mount can't be made anything but private, "
			      "as its parent is not shared"));
}

enum mnttuck_verdict check_kernel_support(struct mnttuck *tuck, struct finding *finding)
{
	enum attach_way way = operation_way(tuck);
	enum mnttuck_verdict verdict;

	if (way == ATTACH_IN_NO_WAY && operation_acts(tuck) & OF_TUCK) {
		finding_detail(
			finding, _("this kernel can't attach a mount beneath another "
				   "(MOVE_MOUNT_BENEATH, Linux 6.5; mount_setattr(2), 5.12)"));
		return MNTTUCK_REFUSED;
	}
	if (tuck->target.path && tuck->target.open_error == 0 && !operation_sees_mounts(tuck)) {
		finding_detail(
			finding, _("/proc is missing, and this kernel has no other way to read "
				   "mounts (statmount, Linux 6.8)"));
		finding_remedy(finding, _("Mount it: mount -t proc proc /proc"));
		return MNTTUCK_REFUSED;
	}
	if (!(operation_acts(tuck) & OF_TUCK))
		return MNTTUCK_OK;
	finding_detail(finding, "%s",
		way == ATTACH_BY_FLAG ? _("by the flag MOVE_MOUNT_BENEATH") : _("by propagation"));
	if (way == ATTACH_BY_FLAG || !tuck->target.mount)
		return MNTTUCK_OK;
	if (!tuck->target.parent)
		return refuse(finding, _("the parent of the top mount can't be read"));
	/* The last two cost a child and a read of namespaces. */
	verdict = check_propagation(tuck, finding);
	verdict = verdict == MNTTUCK_OK ? check_place(tuck, finding) : verdict;
	return verdict == MNTTUCK_OK ? check_groups(tuck, finding) : verdict;
}
