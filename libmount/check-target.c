/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules about the target, its parent, and whoever receives from that. */
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "i18n.h"
#include "namespaces.h"
#include "probe.h"
#include "rules.h"
#include "snapshot.h"
#include "util.h"

/* "shared:24 master:1" in the kernel's words, for a message. */
struct propagation_text {
	char text[64];
};

static struct propagation_text describe(const struct mount *mount)
{
	struct propagation_text words = {"private"};

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

enum mnttuck_verdict check_caller_capable(struct mnttuck *tuck, struct finding *finding)
{
	(void)tuck;
	if (kernel_may_mount())
		return MNTTUCK_OK;
	finding_detail(finding, _("the caller has no CAP_SYS_ADMIN over its mount namespace"));
	finding_remedy(finding, _("Run it as root, or where you are root: "
				  "unshare --user --map-root-user --mount"));
	return MNTTUCK_REFUSED;
}

enum mnttuck_verdict check_target_mounted(struct mnttuck *tuck, struct finding *finding)
{
	struct located *target = &tuck->target;
	_cleanup_free_ char *words = operation_source_words(tuck);
	struct mount *foreign;
	int r = target->open_error || !target->identity.is_root ? 0 : operation_read(target);
	bool tucks = tuck->operations & MNTTUCK_TUCK;

	if (target->open_error == -ENOENT)
		finding_detail(
			finding, tucks ? _("it does not exist, and there is nothing to go beneath")
				       : _("it does not exist"));
	else if (target->open_error)
		finding_detail(finding, _("it can't be opened: %s"), strerror(-target->open_error));
	else if (!target->identity.is_root)
		finding_detail(finding, tucks ? _("nothing is mounted there to go beneath")
					      : _("nothing is mounted there"));
	else if (!operation_sees_mounts(tuck))
		return MNTTUCK_UNCHECKED; /* kernel-support says why */
	else if (r < 0 && r != -ENOENT)
		finding_detail(finding, _("what is mounted there can't be read: %s"), strerror(-r));
	else if (r == -ENOENT && !operation_find_foreign(tuck, &target->identity, &foreign))
		finding_detail(finding, _("it is not attached anywhere any more, or in a mount "
					  "namespace that can't be seen from here"));
	else
		return MNTTUCK_OK;

	if ((target->open_error && target->open_error != -ENOENT) || (r < 0 && r != -ENOENT))
		return MNTTUCK_REFUSED;
	if (target->identity.is_root)
		finding_remedy(finding, _("Name the mount by a path that leads to it"));
	else if (tucks && words)
		finding_remedy(finding, _("Mount the first one in the ordinary way: mount %s %s"),
			words, target->shell);
	else if (tucks)
		finding_remedy(finding, _("Mount the first one in the ordinary way, by the same "
					  "command without --tuck"));
	return MNTTUCK_REFUSED;
}

enum mnttuck_verdict check_target_namespace(struct mnttuck *tuck, struct finding *finding)
{
	struct mntns *mntns;
	struct mount *foreign = NULL;
	_cleanup_free_ char *place = NULL, *words = operation_source_words(tuck);

	if (operation_read(&tuck->target) != -ENOENT)
		return MNTTUCK_OK;
	mntns = operation_find_foreign(tuck, &tuck->target.identity, &foreign);
	/* check_target_mounted() found it there. */
	finding_detail(finding, _("it is in %s"), operation_describe_namespace(tuck, mntns).text);
	if (!mntns->pid)
		return MNTTUCK_REFUSED;
	place = mount_target(foreign) ? shell_quote(mount_target(foreign)) : NULL;
	/* A path in the other namespace is not the caller's: the source is handed over. */
	if (words && tuck->kind != SOURCE_MOVE)
		finding_remedy(finding,
			_("Name the namespace, and the target as it is called there: mount "
			  "--namespace %d "
			  "--source-namespace=caller --tuck %s %s"),
			mntns->pid, words, place ?: "TARGET");
	else if (place)
		finding_remedy(finding,
			_("Name the namespace, and the target as it is called there: "
			  "--namespace %d, %s"),
			mntns->pid, place);
	else
		finding_remedy(finding,
			_("Name the namespace, and the target by its path there: --namespace %d"),
			mntns->pid);
	return MNTTUCK_REFUSED;
}

enum mnttuck_verdict check_target_root(struct mnttuck *tuck, struct finding *finding)
{
	struct mount_identity root;
	struct mount *parent = tuck->target.parent;

	if (kernel_identify(AT_FDCWD, "/", 0, &root) == 0 &&
		root.short_id == tuck->target.identity.short_id)
		finding_detail(finding, _("it is the root directory of the caller"));
	else if ((parent && parent->short_id == parent->short_parent_id) ||
		 tuck->target.is_at_root_of_namespace)
		finding_detail(
			finding, _("it is mounted on the root of the mount namespace itself, "
				   "as in an initramfs"));
	else
		return MNTTUCK_OK;
	finding_remedy(finding, _("Exchange the root instead: mount the new one on a directory, go "
				  "there, and: pivot_root . . && umount --lazy ."));
	return MNTTUCK_REFUSED;
}

enum mnttuck_verdict check_target_locked(struct mnttuck *tuck, struct finding *finding)
{
	const char *target = mount_target(tuck->target.mount);
	int r;

	/* Locks are made where mounts come from a more privileged user namespace. */
	if (kernel_namespace_is_initial_user() == 1)
		return MNTTUCK_OK;
	r = target ? probe_locked(target) : -ENOENT;
	if (r < 0)
		return MNTTUCK_UNCHECKED;
	if (r == 0)
		return MNTTUCK_OK;
	finding_detail(
		finding, _("its top mount came from a more privileged mount namespace and is "
			   "locked: it could never be unmounted here"));
	finding_remedy(finding, _("Put a mount of your own on top first: mount --rbind %s %s"),
		tuck->target.shell, tuck->target.shell);
	return MNTTUCK_REFUSED;
}

int parent_passes_on_to(struct mnttuck *tuck, struct mount *mount)
{
	struct mount *parent = tuck->target.parent;
	const struct place *place;

	/* Cheap questions first: the place can cost a child, the masters a read of every namespace.
	 */
	if (!parent->group || (!mount->group && !mount->master) ||
		mount_device(parent) != mount_device(mount))
		return 0;
	place = operation_place(tuck);
	if (!place->path)
		return -ENODATA;
	if (place_shows(place, mount) != 2)
		return 0;
	if (mount->group == parent->group || mount->master == parent->group)
		return 1;
	if (!mount->master || !operation_namespaces(tuck))
		return 0;
	return propagation_reaches(tuck->namespaces, parent->group, mount);
}

enum mnttuck_verdict check_parent_propagates(struct mnttuck *tuck, struct finding *finding)
{
	struct mount *top = tuck->target.mount, *parent = tuck->target.parent;
	const char *parent_path;
	int r;

	if (!parent)
		return MNTTUCK_UNCHECKED;
	parent_path = mount_target(parent) ?: _("(above the root directory)");
	r = parent_passes_on_to(tuck, top);
	if (r == 1) {
		const char *path = tuck->target.shell;

		finding_detail(finding,
			_("its parent %s (%s) passes mounts on to it, so the new "
			  "mount would also land on top of %s"),
			parent_path, describe(parent).text, tuck->target.path);
		finding_remedy(finding,
			_("Give %s its own peer group first: mount --make-private %s "
			  "&& mount --make-shared %s"),
			tuck->target.path, path, path);
		return MNTTUCK_REFUSED;
	}
	if (r == 0 && tuck->kind == SOURCE_MOVE && operation_read(&tuck->source) == 0) {
		r = parent_passes_on_to(tuck, tuck->source.mount);
		if (r == 1) {
			finding_detail(finding,
				_("its parent %s (%s) passes mounts on to %s, which "
				  "would receive itself"),
				parent_path, describe(parent).text, tuck->source.path);
			finding_remedy(finding,
				_("Take %s out of the peer group first: mount "
				  "--make-private %s"),
				tuck->source.path, tuck->source.shell);
			return MNTTUCK_REFUSED;
		}
	}
	return r < 0 ? MNTTUCK_UNCHECKED : MNTTUCK_OK;
}

/* One more command of a list of commands: "first && second". */
static int add_command(char **commands, const char *mntns, const char *operation, const char *path)
{
	_cleanup_free_ char *command = NULL;

	if (asprintf(&command, "mount %s%s %s", mntns, operation, path) < 0) {
		command = NULL;
		return -ENOMEM;
	}
	return text_add(commands, " && ", command);
}

/* The commands that give @receiver its own peer group, in its namespace. */
static int add_receiver_remedy(
	char **commands, const struct mntns *mntns, struct mount *receiver, bool is_own)
{
	_cleanup_free_ char *path = shell_quote(mount_target(receiver));
	char where[32] = "";
	int r;

	if (!path)
		return -ENOMEM;
	if (!is_own)
		snprintf(where, sizeof(where), "--namespace %d ", mntns->pid);
	r = add_command(commands, where, "--make-private", path);
	if (r == 0 && receiver->group)
		r = add_command(commands, where, "--make-shared", path);
	return r;
}

enum mnttuck_verdict check_receiver_propagates(struct mnttuck *tuck, struct finding *finding)
{
	struct mount *parent = tuck->target.parent;
	struct namespaces *namespaces;
	const struct place *place;
	_cleanup_free_ struct mount **receivers = NULL;
	_cleanup_free_ char *commands = NULL;
	size_t count = 0, landing = 0;

	if (!parent || !parent->group)
		return parent ? MNTTUCK_OK : MNTTUCK_UNCHECKED;
	namespaces = operation_namespaces(tuck);
	if (!namespaces || propagation_receivers(namespaces, parent, &receivers, &count) < 0)
		return MNTTUCK_UNCHECKED;
	if (!count)
		return MNTTUCK_OK;
	place = operation_place(tuck);
	if (!place->path)
		return MNTTUCK_UNCHECKED;
	for (size_t i = 0; i < count; i++) {
		struct mount *receiver = receivers[i];
		struct mntns *mntns;
		bool is_own;

		/* Below the receiver's root it lands in a directory of it, or beneath what is
		 * there. */
		if (place_shows(place, receiver) != 2 || mount_cover(receiver))
			continue;
		mntns = operation_namespace_of(tuck, receiver);
		is_own = mntns == &namespaces->list[0];
		if (landing++ == 0)
			finding_detail(finding,
				_("in %s it would also land on top of %s (%s), which "
				  "receives from its parent's peer group (shared:%d)"),
				operation_describe_namespace(tuck, mntns).text,
				mount_target(receiver) ?: _("a mount out of sight"),
				describe(receiver).text, parent->group);
		if (mount_target(receiver) && (mntns->pid || is_own) &&
			add_receiver_remedy(&commands, mntns, receiver, is_own) < 0)
			return MNTTUCK_UNCHECKED;
	}
	if (!landing)
		return MNTTUCK_OK;
	if (commands)
		finding_remedy(finding,
			many_("Give that mount its own peer group there: %s",
				"Give those mounts their own peer groups there: %s", landing),
			commands);
	return MNTTUCK_REFUSED;
}

/* fs.mount-max; 0: not known. */
static unsigned int mount_limit(void)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/sys/fs/mount-max", "re");
	unsigned int limit = 0;

	return file && fscanf(file, "%u", &limit) == 1 ? limit : 0;
}

static size_t count_tree(const struct mount *top)
{
	const struct mount *mount = top;
	size_t count = 1;

	while ((mount = mount_next_below(top, mount)))
		count++;
	return count;
}

/* How many mounts the source has; 1 where it can't be known. */
static size_t source_size(struct mnttuck *tuck)
{
	struct mount *mount = NULL;

	if (tuck->kind != SOURCE_RBIND && tuck->kind != SOURCE_MOVE)
		return 1;
	if (tuck->namespaces->list[0].snapshot)
		mount = snapshot_find(
			tuck->namespaces->list[0].snapshot, tuck->source.identity.short_id);
	return mount ? count_tree(mount) : 1;
}

enum mnttuck_verdict check_mount_limit(struct mnttuck *tuck, struct finding *finding)
{
	unsigned int limit = mount_limit();
	struct namespaces *namespaces = operation_namespaces(tuck);
	_cleanup_free_ struct mount **receivers = NULL;
	_cleanup_free_ size_t *arriving = NULL;
	size_t count = 0, size;

	if (!limit || !namespaces || !tuck->target.parent)
		return tuck->kernel_error == -ENOSPC ? MNTTUCK_REFUSED : MNTTUCK_UNCHECKED;
	arriving = calloc(namespaces->count, sizeof(*arriving));
	if (!arriving ||
		propagation_receivers(namespaces, tuck->target.parent, &receivers, &count) < 0)
		return MNTTUCK_UNCHECKED;
	size = source_size(tuck);
	arriving[0] = tuck->kind == SOURCE_MOVE ? 0 : size;
	for (size_t i = 0; i < count; i++)
		if (place_shows(operation_place(tuck), receivers[i]))
			arriving[namespaces_of(namespaces, receivers[i]->snapshot) -
				 namespaces->list] += size;
	for (size_t i = 0; i < namespaces->count; i++) {
		struct mntns *mntns = &namespaces->list[i];

		if (mntns->mounts + arriving[i] <= limit)
			continue;
		namespaces_find_processes(namespaces);
		finding_detail(finding,
			_("%s has %u mounts and would get %zu more, and fs.mount-max is %u"),
			operation_describe_namespace(tuck, mntns).text, mntns->mounts, arriving[i],
			limit);
		finding_remedy(finding, _("Allow more: sysctl fs.mount-max=%zu"),
			2 * (mntns->mounts + arriving[i]));
		return MNTTUCK_REFUSED;
	}
	if (tuck->kernel_error != -ENOSPC)
		return MNTTUCK_OK;
	finding_detail(finding,
		_("some mount namespace would hold more mounts than fs.mount-max, %u"), limit);
	finding_remedy(finding, _("Allow more: sysctl fs.mount-max=%u"), 2 * limit);
	return MNTTUCK_REFUSED;
}
