/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checks about the source. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "checks.h"
#include "facts.h"
#include "findings.h"
#include "i18n.h"
#include "kernel.h"
#include "namespaces.h"
#include "path.h"
#include "probe.h"
#include "progress.h"
#include "snapshot-read.h"
#include "util.h"
#include "wish.h"
#include "words.h"

/* They may be of two snapshots. */
static bool is_same_mount(const struct mount *mount, const struct mount *other)
{
	return mount->short_id == other->short_id;
}

/* Whether the source is a file that stands for a namespace or a process, in /proc. Its mount is in
 * no mount namespace, and the kernel clones it nevertheless. */
static bool is_on_internal_mount(const struct wish *wish)
{
	enum { NAMESPACES = 0x6e736673, PROCESSES = 0x50494446 };
	struct statfs st;

	return wish->kind != SOURCE_MOVE && fstatfs(wish->source.fd, &st) == 0 &&
	       (st.f_type == NAMESPACES || st.f_type == PROCESSES);
}

int check_source_namespace(struct facts *facts, struct finding *finding)
{
	const struct wish *wish = facts->wish;
	struct mntns *mntns;
	struct mount *foreign = NULL;
	_cleanup_free_ char *quoted = NULL;
	_cleanup_free_ char *path = NULL;
	int r;

	if (wish->kind == SOURCE_TREE)
		return MNTTUCK_NOT_APPLICABLE;
	r = facts_read_source(facts);
	if (r == 0)
		return MNTTUCK_OK;
	if (r != -ENOENT && facts_see_mounts(facts)) {
		finding_detail(finding, _("its mount can't be read: %s"), strerror(-r));
		return MNTTUCK_REFUSED;
	}
	if (r != -ENOENT)
		return MNTTUCK_UNCHECKED; /* kernel-support refuses and says why */
	if (is_on_internal_mount(wish))
		return MNTTUCK_OK;
	mntns = facts_find_foreign(facts, &wish->source, &foreign);
	if (!mntns) {
		finding_detail(finding, _("it is not attached anywhere any more, or in a mount "
					  "namespace that can't be seen from here"));
		return MNTTUCK_REFUSED;
	}
	finding_detail(
		finding, _("it is in %s"), words_of_namespace(facts->namespaces, mntns).text);
	r = path_of_fd(wish->source.fd, &path);
	quoted = r < 0 ? NULL : shell_quote(path);
	if (r == -ENOMEM || (r == 0 && !quoted))
		return -ENOMEM;
	if (mntns->pid && quoted) {
		finding_remedy(finding, _("Clone it there, for here:"));
		finding_command(finding,
			"nsenter --mount=/proc/%d/ns/mnt {mount} --namespace $$ "
			"--source-namespace=caller --tuck %s %s %s",
			mntns->pid, wish->kind == SOURCE_RBIND ? "--rbind" : "--bind", quoted,
			wish->target.shell);
	}
	return MNTTUCK_REFUSED;
}

/* Nothing can be mounted on a file or directory that has been removed, so no top mount can lie on
 * it. */
int check_source_deleted(struct facts *facts, struct finding *finding)
{
	static const char mark[] = " (deleted)";
	const struct wish *wish = facts->wish;
	_cleanup_free_ char *path = NULL;
	size_t length;
	struct stat st;
	int r = path_of_fd(wish->source.fd, &path);

	if (r < 0)
		return r == -ENOMEM ? r : MNTTUCK_UNCHECKED;
	length = strlen(path);
	if (length < strlen(mark) || strcmp(path + length - strlen(mark), mark) != 0)
		return MNTTUCK_OK;
	/* A file may have that name. */
	if (facts->progress->kernel_error != -ENOENT &&
		(fstat(wish->source.fd, &st) < 0 || st.st_nlink > 0))
		return MNTTUCK_OK;
	finding_detail(
		finding, _("it has been deleted, and nothing can be mounted on a deleted file or "
			   "directory"));
	finding_remedy(finding, _("Name one that is there; or make a copy of it, and name that"));
	return MNTTUCK_REFUSED;
}

int check_source_kind(struct facts *facts, struct finding *finding)
{
	const struct wish *wish = facts->wish;
	bool source_is_directory = S_ISDIR(wish->source.identity.mode);
	bool target_is_directory = S_ISDIR(wish->target.identity.mode);

	if (source_is_directory == target_is_directory)
		return MNTTUCK_OK;
	finding_detail(finding,
		source_is_directory ? _("it is a directory, and %s is a file")
				    : _("it is a file, and %s is a directory"),
		wish->target.path);
	finding_remedy(finding, "%s",
		source_is_directory
			? _("Name a file as the source")
			: _("Name a directory as the source, or an image of a filesystem"));
	return MNTTUCK_REFUSED;
}

/* Only a mount's root can be moved. */
static bool is_whole_mount(const struct wish *wish)
{
	return wish->source.identity.is_root;
}

int check_source_uncovered(struct facts *facts, struct finding *finding)
{
	struct mount *mount, *cover;

	if (facts->wish->kind != SOURCE_MOVE || facts_read_source(facts) < 0)
		return MNTTUCK_NOT_APPLICABLE;
	mount = facts_source_in_namespace(facts);
	if (!mount)
		return MNTTUCK_UNCHECKED;
	cover = mount_cover(mount);
	if (!cover)
		return MNTTUCK_OK;
	finding_detail(
		finding, _("another mount covers it, at %s"), mount_target(cover) ?: _("its root"));
	if (mount_target(cover)) {
		_cleanup_free_ char *path = shell_quote(mount_target(cover));

		if (!path)
			return -ENOMEM;
		finding_remedy(finding, _("Take that away first:"));
		finding_command(finding, "{umount here} %s", path);
	}
	return MNTTUCK_REFUSED;
}

/* Whether @mount is @ancestor or below it, in the caller's namespace: 1 or 0; -errno. */
static int is_at_or_below(struct mount *mount, const struct mount *ancestor)
{
	struct snapshot *before = NULL;
	int r = 0;

	for (;;) {
		struct snapshot *snapshot;
		struct mount *parent;

		if (is_same_mount(mount, ancestor)) {
			r = 1;
			break;
		}
		if (mount->short_id == mount->short_parent_id)
			break;
		r = snapshot_read_parent(mount, &snapshot, &parent);
		if (r < 0) {
			/* ENOENT: the parent can't be reached, and so neither can its parents. */
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

int check_source_loop(struct facts *facts, struct finding *finding)
{
	struct mount *source = facts->source.mount, *top = facts->target.mount;
	const struct wish *wish = facts->wish;
	int r;

	if (wish->kind != SOURCE_MOVE || !source || !is_whole_mount(wish))
		return MNTTUCK_NOT_APPLICABLE;
	if (is_same_mount(source, top)) {
		finding_detail(finding, _("it is the top mount itself"));
	} else if ((r = is_at_or_below(top, source)) == 1) {
		finding_detail(finding,
			_("%s is inside it, and a mount can't be moved into itself"),
			wish->target.path);
	} else if (r != -ENOMEM && (r = is_at_or_below(source, top)) == 1) {
		finding_detail(finding,
			_("it is mounted inside %s, and a mount can't be moved beneath "
			  "the one that holds it"),
			wish->target.path);
	} else {
		return r == -ENOMEM ? r : MNTTUCK_OK;
	}
	finding_remedy(finding, _("Tuck a clone of it:"));
	finding_command(finding, "{mount here} --tuck --bind %s %s", wish->source.shell,
		wish->target.shell);
	return MNTTUCK_REFUSED;
}

int check_source_detachable(struct facts *facts, struct finding *finding)
{
	struct mount *source = facts->source.mount, *parent = facts->source.parent;
	const struct wish *wish = facts->wish;
	const char *target;

	if (wish->kind != SOURCE_MOVE || !source)
		return MNTTUCK_NOT_APPLICABLE;
	target = mount_target(source);
	if (!is_whole_mount(wish))
		finding_detail(finding, _("nothing is mounted there that could be moved"));
	else if (source->short_id == source->short_parent_id ||
		 (target && strcmp(target, "/") == 0))
		finding_detail(finding, _("it is the root directory"));
	else if (parent && parent->group)
		finding_detail(finding,
			_("its parent %s is shared (shared:%d), and what is mounted on a "
			  "shared mount can't be moved away"),
			mount_target(parent) ?: _("(above the root directory)"), parent->group);
	else if (target && facts_may_be_locked(facts) && probe_locked(target) == 1)
		finding_detail(
			finding, _("it came from a mount namespace of another user namespace and "
				   "is locked in its place"));
	else
		return MNTTUCK_OK;
	finding_remedy(finding, _("Tuck a clone of it:"));
	finding_command(finding, "{mount here} --tuck --rbind %s %s", wish->source.shell,
		wish->target.shell);
	return MNTTUCK_REFUSED;
}

int check_source_private(struct facts *facts, struct finding *finding)
{
	struct mount *source = facts->source.mount;
	const struct wish *wish = facts->wish;

	if (wish->kind != SOURCE_MOVE || !source)
		return MNTTUCK_NOT_APPLICABLE;
	if (!source->group && !source->master)
		return MNTTUCK_OK;
	if (source->group)
		finding_detail(finding,
			_("it is shared (shared:%d): what is mounted on its peers would "
			  "also appear beneath %s"),
			source->group, wish->target.path);
	else
		finding_detail(finding,
			_("it is a slave (master:%d): what is mounted on its master would "
			  "also appear beneath %s"),
			source->master, wish->target.path);
	finding_remedy(finding, _("Take it out of its peer group first:"));
	finding_command(finding, "{mount here} --make-private %s", wish->source.shell);
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

static int refuse_unbindable(struct finding *finding, struct mount *unbindable)
{
	_cleanup_free_ char *path = shell_quote(mount_target(unbindable) ?: "");

	if (!path)
		return -ENOMEM;
	finding_detail(finding,
		_("%s is unbindable, and can't be copied to where the mount would be "
		  "passed on"),
		mount_target(unbindable) ?: _("a mount in it"));
	finding_remedy(finding, _("Allow copies:"));
	finding_command(finding, "{mount here} --make-private %s", path);
	return MNTTUCK_REFUSED;
}

/* Every receiver of the target's parent gets a copy of a moved tree. */
static int check_moved_tree(struct facts *facts, struct finding *finding)
{
	struct mount *mount, *unbindable;

	if (!facts->target.parent || !facts->target.parent->group)
		return MNTTUCK_OK;
	if (facts->source.mount->unbindable)
		return refuse_unbindable(finding, facts->source.mount);
	mount = facts_source_in_namespace(facts);
	if (!mount)
		return MNTTUCK_UNCHECKED;
	unbindable = find_unbindable(mount);
	return unbindable ? refuse_unbindable(finding, unbindable) : MNTTUCK_OK;
}

int check_source_bindable(struct facts *facts, struct finding *finding)
{
	const struct wish *wish = facts->wish;
	_cleanup_close_ int clone = -1;

	if (wish->kind == SOURCE_TREE || !facts->source.mount)
		return MNTTUCK_NOT_APPLICABLE;
	if (wish->kind == SOURCE_MOVE)
		return check_moved_tree(facts, finding);
	if (facts->source.mount->unbindable) {
		const char *path = mount_target(facts->source.mount) ?: wish->source.path;
		_cleanup_free_ char *quoted = shell_quote(path);

		if (!quoted)
			return -ENOMEM;
		finding_detail(finding, _("its mount %s is unbindable"), path);
		finding_remedy(finding, _("Allow it:"));
		finding_command(finding, "{mount here} --make-private %s", quoted);
		return MNTTUCK_REFUSED;
	}
	if (wish->kind == SOURCE_RBIND || !facts_may_be_locked(facts))
		return MNTTUCK_OK;
	/* Locked submounts must go on hiding the directories below them, so the kernel refuses a
	 * clone without them. Try it. */
	clone = kernel_open_tree(wish->source.fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
	if (clone != -EINVAL)
		return MNTTUCK_OK;
	finding_detail(
		finding, _("locked mounts from a more privileged mount namespace lie in it, and "
			   "hide what is below them"));
	finding_remedy(finding, _("Clone them with it:"));
	finding_command(finding, "{mount here} --tuck --rbind %s %s", wish->source.shell,
		wish->target.shell);
	return MNTTUCK_REFUSED;
}
