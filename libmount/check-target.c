/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checks about the caller, the target, its parent, and the mounts that receive from that. */
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <stdlib.h>
#include <string.h>

#include "blind-spots.h"
#include "checks.h"
#include "commands.h"
#include "facts.h"
#include "findings.h"
#include "floor.h"
#include "i18n.h"
#include "kernel.h"
#include "namespaces.h"
#include "own-view.h"
#include "path.h"
#include "probe.h"
#include "progress.h"
#include "propagation.h"
#include "snapshot.h"
#include "util.h"
#include "wish.h"
#include "words.h"

int check_caller_capable(struct facts *facts, struct finding *finding)
{
	(void)facts;
	if (kernel_may_mount())
		return MNTTUCK_OK;
	finding_detail(finding, _("the caller has no CAP_SYS_ADMIN over its mount namespace"));
	finding_remedy(finding, _("Run it as root, or where you are root:"));
	finding_command(finding, "unshare --user --map-root-user --mount");
	return MNTTUCK_REFUSED;
}

int check_target_mounted(struct facts *facts, struct finding *finding)
{
	const struct wish *wish = facts->wish;
	const struct operand *target = &wish->target;
	bool tucks = wish->operations & MNTTUCK_TUCK;
	_cleanup_free_ char *source = NULL;
	struct mount *foreign;
	int r = wish_source_as_argument(wish, &source);

	if (r < 0)
		return r;
	r = target->error || !target->identity.is_root ? 0 : facts_read_target(facts);
	if (target->error == -ENOENT)
		finding_detail(
			finding, tucks ? _("it does not exist, and there is nothing to go beneath")
				       : _("it does not exist"));
	else if (target->error)
		finding_detail(finding, _("it can't be opened: %s"), strerror(-target->error));
	else if (!target->identity.is_root)
		finding_detail(finding, tucks ? _("nothing is mounted there to go beneath")
					      : _("nothing is mounted there"));
	else if (!facts_see_mounts(facts))
		return MNTTUCK_UNCHECKED; /* kernel-support refuses and says why */
	else if (r < 0 && r != -ENOENT)
		finding_detail(finding, _("what is mounted there can't be read: %s"), strerror(-r));
	else if (r == -ENOENT && !facts_find_foreign(facts, target, &foreign))
		finding_detail(finding, _("it is not attached anywhere any more, or in a mount "
					  "namespace that can't be seen from here"));
	else
		return MNTTUCK_OK;

	if ((target->error && target->error != -ENOENT) || (r < 0 && r != -ENOENT))
		return MNTTUCK_REFUSED;
	if (target->identity.is_root)
		finding_remedy(finding, _("Name the mount by a path that leads to it"));
	else if (tucks && source) {
		finding_remedy(finding, _("Mount the first one in the ordinary way:"));
		finding_command(finding, "{mount here} %s %s", source, target->shell);
	} else if (tucks && wish->source.shell && *wish->source.path == '/' &&
		   *words_own_namespace() && !target->error) {
		/* An ordinary mount takes its source from the other namespace. */
		finding_remedy(finding, _("Mount something there first:"));
		finding_command(finding,
			"{mount here} --bind %s %s && "
			"{mount here} --source-namespace=caller --tuck --reveal %s %s",
			target->shell, target->shell, wish->source.shell, target->shell);
	} else if (tucks)
		finding_remedy(finding, _("Mount the first one in the ordinary way, by the same "
					  "command without --tuck"));
	return MNTTUCK_REFUSED;
}

int check_target_namespace(struct facts *facts, struct finding *finding)
{
	const struct wish *wish = facts->wish;
	_cleanup_free_ char *path = NULL, *source = NULL;
	struct mount *foreign = NULL;
	struct mntns *mntns;

	if (wish_source_as_argument(wish, &source) < 0)
		return -ENOMEM;
	if (facts_read_target(facts) != -ENOENT)
		return MNTTUCK_OK;
	mntns = facts_find_foreign(facts, &wish->target, &foreign);
	/* Not NULL: check_target_mounted() has found it. */
	finding_detail(
		finding, _("it is in %s"), words_of_namespace(facts->namespaces, mntns).text);
	if (!mntns->pid)
		return MNTTUCK_REFUSED;
	path = mount_target(foreign) ? shell_quote(mount_target(foreign)) : NULL;
	if (mount_target(foreign) && !path)
		return -ENOMEM;
	/* The source is a path in the caller's namespace, hence --source-namespace=caller. */
	if (source && wish->kind != SOURCE_MOVE) {
		finding_remedy(
			finding, _("Name the namespace, and the target as it is called there:"));
		finding_command(finding,
			"{mount} --namespace %d --source-namespace=caller --tuck %s %s", mntns->pid,
			source, path ?: "TARGET");
	} else if (path)
		finding_remedy(finding,
			_("Name the namespace, and the target as it is called there: "
			  "--namespace %d, %s"),
			mntns->pid, path);
	else
		finding_remedy(finding,
			_("Name the namespace, and the target by its path there: --namespace %d"),
			mntns->pid);
	return MNTTUCK_REFUSED;
}

int check_target_root(struct facts *facts, struct finding *finding)
{
	const struct wish *wish = facts->wish;
	struct mount_identity root;
	struct mount *parent = facts->target.parent;
	const char *path = mount_target(facts->target.mount);

	/* If it has another path than "/", it is not the mount that "/" is on. */
	if ((!path || strcmp(path, "/") == 0) &&
		kernel_identify_once(AT_FDCWD, "/", 0, &root) == 0 &&
		mount_identity_is_same(&root, &wish->target.identity))
		finding_detail(finding, _("it is the root directory of the caller"));
	else if ((parent && parent->short_id == parent->short_parent_id) ||
		 facts->target.is_at_root_of_namespace)
		finding_detail(
			finding, _("it is mounted on the root of the mount namespace itself, "
				   "as in an initramfs"));
	else
		return MNTTUCK_OK;
	finding_remedy(finding, _("Exchange the root instead: mount the new one on a directory, go "
				  "there, and:"));
	finding_command(finding, "pivot_root . . && {umount} --lazy .");
	return MNTTUCK_REFUSED;
}

int check_parent_propagates(struct facts *facts, struct finding *finding)
{
	struct mount *top = facts->target.mount, *parent = facts->target.parent;
	const struct wish *wish = facts->wish;
	const char *parent_path;
	int r;

	if (!parent)
		return MNTTUCK_UNCHECKED;
	parent_path = mount_target(parent) ?: _("(above the root directory)");
	r = facts_parent_passes_on_to(facts, top);
	if (r == 1) {
		const char *path = wish->target.shell;

		finding_detail(finding,
			_("its parent %s (%s) passes mounts on to it, so the new "
			  "mount would also land on top of %s"),
			parent_path, words_of_propagation(parent).text, wish->target.path);
		finding_remedy(finding, _("Give %s its own peer group first:"), wish->target.path);
		finding_command(finding,
			"{mount here} --make-private %s && {mount here} --make-shared %s", path,
			path);
		return MNTTUCK_REFUSED;
	}
	if (r == 0 && wish->kind == SOURCE_MOVE && facts_read_source(facts) == 0) {
		r = facts_parent_passes_on_to(facts, facts->source.mount);
		if (r == 1) {
			finding_detail(finding,
				_("its parent %s (%s) passes mounts on to %s, which "
				  "would receive itself"),
				parent_path, words_of_propagation(parent).text, wish->source.path);
			finding_remedy(finding, _("Take %s out of the peer group first:"),
				wish->source.path);
			finding_command(
				finding, "{mount here} --make-private %s", wish->source.shell);
			return MNTTUCK_REFUSED;
		}
	}
	if (r == -ENOMEM)
		return r;
	return r < 0 ? MNTTUCK_UNCHECKED : MNTTUCK_OK;
}

/* Whether the mount that receives can be made a slave of the top mount: it shows the same. */
static bool can_follow(struct facts *facts, struct mount *receiver)
{
	struct mount *top = facts->target.mount;

	/* The command names the top mount by a path in the namespace of the one who calls it. */
	return top->group && !*words_own_namespace() && mount_root(top) &&
	       mount_shows(receiver, mount_device(top), mount_root(top)) &&
	       kernel_has_set_group() == 1;
}

/* Append the command that takes @receiver out of its peer group or away from its master: it becomes
 * a slave of the top mount if that is possible, else private, and shared again in a new group if it
 * was shared. Nothing if no command reaches @receiver. */
static int add_receiver_remedy(
	struct facts *facts, char **commands, const struct mntns *mntns, struct mount *receiver)
{
	_cleanup_free_ char *path = NULL, *command = NULL;
	char buffer[32];
	const char *where = words_of_way(facts->namespaces, mntns, receiver, buffer);
	int r;

	if (!where)
		return 0;
	path = shell_quote(own_view_target(facts->namespaces, receiver) ?: mount_target(receiver));
	if (!path)
		return -ENOMEM;
	if (can_follow(facts, receiver))
		r = command_make(&command, "{mount} %s--set-group=%s --make-slave%s %s", where,
			facts->wish->target.shell, receiver->group ? " --make-shared" : "", path);
	else if (receiver->group)
		r = command_make(&command,
			"{mount} %s--make-private %s && {mount} %s--make-shared %s", where, path,
			where, path);
	else
		r = command_make(&command, "{mount} %s--make-private %s", where, path);
	return r < 0 ? r : text_add(commands, COMMANDS_SEPARATOR, command);
}

/* Describe the mount that the new one would land on. */
static int describe_landing(struct facts *facts, struct finding *finding, const struct mntns *mntns,
	struct mount *receiver, bool is_refused)
{
	_cleanup_free_ char *path = words_of_path(facts->namespaces, receiver);

	if (!path)
		return -ENOMEM;
	finding_detail(finding,
		is_refused ? _("in %s it would also land on top of %s (%s), which receives from "
			       "its parent's peer group (shared:%d)")
			   : _("in %s it also lands on top of %s (%s), which receives from its "
			       "parent's peer group (shared:%d)"),
		words_of_namespace(facts->namespaces, mntns).text, path,
		words_of_propagation(receiver).text, facts->target.parent->group);
	return 0;
}

int check_receiver_propagates(struct facts *facts, struct finding *finding)
{
	struct mount *parent = facts->target.parent;
	struct namespaces *namespaces;
	const struct mount_point *point;
	_cleanup_free_ struct mount **receivers = NULL;
	_cleanup_free_ char *commands = NULL;
	struct mount *unprivileged = NULL;
	size_t count = 0, landing = 0;
	int r;

	if (!parent) {
		finding_detail(finding, _("the parent of the top mount can't be read"));
		return MNTTUCK_UNCHECKED;
	}
	if (!parent->group)
		return MNTTUCK_OK;
	namespaces = facts_namespaces(facts);
	if (!namespaces)
		return blind_spots_verdict(facts, finding);
	r = propagation_receivers(namespaces, parent, &receivers, &count);
	if (r < 0)
		return r;
	if (!count)
		return blind_spots_verdict(facts, finding);
	r = facts_mount_point(facts, &point);
	if (r < 0)
		return r;
	if (!point->path) {
		finding_detail(finding, _("where the top mount lies on the filesystem of its "
					  "parent can't be known"));
		return MNTTUCK_UNCHECKED;
	}
	for (size_t i = 0; i < count; i++) {
		struct mount *receiver = receivers[i];
		struct mntns *mntns;

		/* If the mount point is below the receiver's root, the new mount lands in a
		 * directory, or beneath the mount that is there. */
		if (mount_point_shown(point, receiver) != 2 || mount_cover(receiver) ||
			(mount_target(receiver) && floor_has(mount_target(receiver))))
			continue;
		mntns = facts_namespace_of(facts, receiver);
		/* Its owner must not keep others from their update. */
		if (namespaces_is_less_privileged(namespaces, mntns)) {
			unprivileged = unprivileged ?: receiver;
			continue;
		}
		if (landing++ == 0)
			r = describe_landing(facts, finding, mntns, receiver, true);
		if (r == 0 && landing <= LIST_MAX)
			r = add_receiver_remedy(facts, &commands, mntns, receiver);
		if (r < 0)
			return r;
	}
	if (!landing && unprivileged) {
		r = describe_landing(facts, finding, facts_namespace_of(facts, unprivileged),
			unprivileged, false);
		return r < 0 ? r : MNTTUCK_OK;
	}
	if (!landing)
		return blind_spots_verdict(facts, finding);
	if (commands) {
		finding_remedy(finding, "%s",
			many_("Give that mount another peer group there:",
				"Give those mounts other peer groups there:", landing));
		finding_commands(finding, commands);
	}
	return MNTTUCK_REFUSED;
}

/* fs.mount-max; 0: not known. */
static unsigned int mount_limit(void)
{
	_cleanup_fclose_ FILE *file = kernel_fopen_proc("sys/fs/mount-max");
	unsigned int limit = 0;

	return file && fscanf(file, "%u", &limit) == 1 ? limit : 0;
}

/* The number of mounts on @mount below @path that a clone of it has. Unbindable ones are left out,
 * with what is on them. */
static size_t count_cloned(const struct mount *mount, const char *path)
{
	size_t count = 0;

	for (struct mount *child = mount->first_child; child; child = child->next_sibling)
		if (!child->unbindable &&
			(!mount_target(child) || path_below(mount_target(child), path)))
			count += 1 + count_cloned(child, path);
	return count;
}

static size_t count_tree(const struct mount *top)
{
	const struct mount *mount = top;
	size_t count = 1;

	while ((mount = mount_next_below(top, mount)))
		count++;
	return count;
}

/* The number of mounts in the source's tree; 1 if it can't be known. */
static size_t source_size(struct facts *facts)
{
	const struct wish *wish = facts->wish;
	_cleanup_free_ char *path = NULL;
	struct mount *mount;

	if (wish->kind != SOURCE_RBIND && wish->kind != SOURCE_MOVE)
		return 1;
	mount = facts_source_in_namespace(facts);
	if (!mount)
		return 1;
	if (wish->kind == SOURCE_MOVE)
		return count_tree(mount);
	return facts_source_path(facts, &path) == 0 ? 1 + count_cloned(mount, path) : 1;
}

/* The kernel has said ENOSPC, but every namespace that is seen has room. So a namespace that is not
 * seen is full, or no more mount namespaces may be made. */
static int refuse_limit(struct finding *finding, unsigned int limit)
{
	if (probe_namespace() == -ENOSPC) {
		finding_detail(finding,
			_("a mount namespace for the work can't be made: there may be no more than "
			  "user.max_mnt_namespaces, here or in a user namespace above"));
		finding_remedy(finding, _("Allow more, where the limit is reached:"));
		finding_command(finding, "sysctl user.max_mnt_namespaces=10000");
	} else {
		finding_detail(finding,
			_("some mount namespace would hold more mounts than fs.mount-max, %u"),
			limit);
		finding_remedy(finding, _("Allow more:"));
		finding_command(finding, "sysctl fs.mount-max=%u", 2 * limit);
	}
	return MNTTUCK_REFUSED;
}

int check_mount_limit(struct facts *facts, struct finding *finding)
{
	const struct wish *wish = facts->wish;
	unsigned int limit = mount_limit();
	const struct mount_point *point;
	struct namespaces *namespaces = facts_namespaces(facts);
	_cleanup_free_ struct mount **receivers = NULL;
	_cleanup_free_ size_t *arriving = NULL;
	size_t count = 0, size;
	int r;

	if (!limit || !namespaces || !facts->target.parent)
		return facts->progress->kernel_error == -ENOSPC ? MNTTUCK_REFUSED
								: MNTTUCK_UNCHECKED;
	arriving = calloc(namespaces->count, sizeof(*arriving));
	if (!arriving)
		return -ENOMEM;
	r = propagation_receivers(namespaces, facts->target.parent, &receivers, &count);
	r = r < 0 || !count ? r : facts_mount_point(facts, &point);
	if (r < 0)
		return r;
	size = source_size(facts);
	arriving[0] = wish->kind == SOURCE_MOVE ? 0 : size;
	for (size_t i = 0; i < count; i++)
		if (mount_point_shown(point, receivers[i]))
			arriving[namespaces_of(namespaces, receivers[i]->snapshot) -
				 namespaces->list] += size;
	for (size_t i = 0; i < namespaces->count; i++) {
		struct mntns *mntns = &namespaces->list[i];

		if (mntns->mounts + arriving[i] <= limit)
			continue;
		namespaces_find_processes(namespaces);
		finding_detail(finding,
			_("%s has %u mounts and would get %zu more, and fs.mount-max is %u"),
			words_of_namespace(facts->namespaces, mntns).text, mntns->mounts,
			arriving[i], limit);
		finding_remedy(finding, _("Allow more:"));
		finding_command(
			finding, "sysctl fs.mount-max=%zu", 2 * (mntns->mounts + arriving[i]));
		return MNTTUCK_REFUSED;
	}
	return facts->progress->kernel_error == -ENOSPC ? refuse_limit(finding, limit) : MNTTUCK_OK;
}
