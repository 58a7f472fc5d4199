/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * everywhere: puts the new version in place of the old one wherever that still shows, after a tuck
 * and a reveal at the target: where containers have bound it, in services that mounts of their own
 * have kept on it, and wherever nothing is passed on to.
 *
 * A place is a mount that a path lookup ends in and that shows the old version. In each a tuck and
 * a reveal of its own are done, by the same functions and rules as at the target, in the namespace
 * of the place. The target is opened by a child with a time limit, because the path to it is in the
 * hands of a container. Namespaces are then looked at again, until no place is left that has not
 * been tried: others follow by propagation, and new ones come.
 */
#include <errno.h>
#include <fcntl.h>
#include <libmount.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "enter.h"
#include "i18n.h"
#include "libmnttuck.h"
#include "namespaces.h"
#include "operation.h"
#include "origins.h"
#include "plan.h"
#include "snapshot.h"
#include "util.h"
#include "words.h"

/* A place that has been tried. */
struct attempt {
	ino_t namespace;
	int short_id;
	char *reason; /* why it could not be replaced; NULL: it was */
};

struct everywhere {
	struct mnttuck *tuck; /* of the target */
	struct namespaces *namespaces;
	struct mount *new; /* the new mount at the target, in one of @namespaces */
	int new_fd;	   /* its root */
	struct attempt *attempts;
	size_t count;
};

static void everywhere_clear(struct everywhere *everywhere)
{
	for (size_t i = 0; i < everywhere->count; i++)
		free(everywhere->attempts[i].reason);
	free(everywhere->attempts);
	namespaces_free(everywhere->namespaces);
	if (everywhere->new_fd >= 0)
		close(everywhere->new_fd);
}

/* ---- one place ---- */

static void cleanup_tuck(struct mnttuck **tuck)
{
	mnttuck_free(*tuck);
}

struct opening {
	int mntns; /* the namespace, open; -1: the caller's own */
	const char *path;
	int short_id;
};

/* In a child. What a path leads to is the container's choice, so the mount is checked by its id. */
static int work_open(void *argument, void *answer)
{
	const struct opening *opening = argument;
	struct mount_identity identity;
	int fd, r;

	(void)answer;
	if (opening->mntns >= 0 && setns(opening->mntns, CLONE_NEWNS) < 0)
		return -errno;
	fd = kernel_open_path(AT_FDCWD, opening->path);
	r = fd < 0 ? fd : kernel_identify(fd, "", AT_EMPTY_PATH, &identity);
	if (r == 0 && (identity.short_id != opening->short_id || !identity.is_root))
		r = -ESTALE;
	if (r < 0 && fd >= 0)
		close(fd);
	return r < 0 ? r : fd;
}

static int open_place(const struct mount *mount, const char *path, int mntns)
{
	enum { OPEN_WITHIN_MS = 2000 };
	struct opening opening = {mntns, path, mount->short_id};

	return child_open_within(OPEN_WITHIN_MS, work_open, &opening);
}

static bool is_idmapped(const struct mount *mount)
{
	const char *options = mount->fs ? mnt_fs_get_vfs_options(mount->fs) : NULL;

	return options && mnt_optstr_get_option(options, "idmapped", NULL, NULL) == 0;
}

static int set_source(const struct everywhere *everywhere, struct mnttuck *place)
{
	const struct wish *wish = &everywhere->tuck->wish;
	unsigned int recursive = wish->kind == SOURCE_RBIND ? AT_RECURSIVE : 0;
	_cleanup_close_ int tree = kernel_open_tree(
		everywhere->new_fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | recursive);

	return tree < 0 ? tree : mnttuck_set_source_tree(place, tree, wish->source.path);
}

/* Make the operation for the place of @mount, with its target and, if need be, its source. */
static int make_place(const struct everywhere *everywhere, const struct mntns *mntns,
	struct mount *mount, struct mnttuck *place)
{
	const struct mnttuck *tuck = everywhere->tuck;
	bool is_beneath = mount->parent && mount_is_cover(mount) &&
			  plan_is_same_version(mount->parent, everywhere->new);
	unsigned int forms =
		tuck->wish.operations & ~(unsigned int)(MNTTUCK_TUCK | MNTTUCK_EVERYWHERE);
	_cleanup_close_ int namespace = -1, target = -1;
	int r = 0;

	if (mntns != everywhere->namespaces->list)
		r = namespace = namespaces_open(mntns);
	if (r >= 0)
		r = target = open_place(mount, mount_target(mount), namespace);
	if (r < 0)
		return r;
	place->wish.rules = tuck->wish.rules;
	place->wish.refuses_unchecked = tuck->wish.refuses_unchecked;
	place->wish.skipped = tuck->wish.skipped;
	place->wish.log = tuck->wish.log;
	place->wish.log_data = tuck->wish.log_data;
	place->wish.propagation = tuck->wish.propagation;
	place->wish.propagation_is_recursive = tuck->wish.propagation_is_recursive;
	place->wish.attributes.set = mount->flags & ~tuck->progress.old_flags;
	place->wish.is_one_of_many = true;
	place->wish.old_flags = tuck->progress.old_flags;
	place->progress.way = tuck->progress.way;
	/* The new version was asked at the target. */
	mnttuck_skip_rule(place, "reveal-answers");
	r = mnttuck_set_operations(place, is_beneath ? forms : forms | MNTTUCK_TUCK);
	if (r == 0 && namespace >= 0)
		r = mnttuck_set_namespace(place, namespace);
	r = r < 0 ? r : mnttuck_set_target(place, target, "");
	return r < 0 || is_beneath ? r : set_source(everywhere, place);
}

/* Say in @reason why a step of @place returned @r. */
static int explain_place(const struct mnttuck *place, int r, char **reason)
{
	const struct mnttuck_refusal *refusal = place ? mnttuck_get_refusal(place) : NULL;
	const char *outcome = place ? mnttuck_get_outcome(place) : NULL;
	int length;

	if (r == -ENOMEM)
		return r;
	if (refusal && r < 0)
		length = asprintf(reason, "[%s] %s", mnttuck_refusal_text(refusal, MNTTUCK_RULE),
			mnttuck_refusal_text(refusal, MNTTUCK_MESSAGE));
	else if (r > 0 && outcome)
		length = asprintf(reason, "%s", outcome);
	else if (r == -ESTALE)
		length = asprintf(reason, "%s", _("its path leads to another mount"));
	else if (r == -ETIMEDOUT)
		length = asprintf(reason, "%s", _("its path has not answered for two seconds"));
	else
		length = asprintf(reason, "%s", strerror(r < 0 ? -r : EIO));
	if (length < 0)
		*reason = NULL;
	return length < 0 ? -ENOMEM : 0;
}

/* Replace the old version that @mount shows. @reason: why that could not be done; NULL: it was.
 * -ENOMEM. */
static int replace_at(const struct everywhere *everywhere, const struct mntns *mntns,
	struct mount *mount, char **reason)
{
	_cleanup_(cleanup_tuck) struct mnttuck *place = NULL;
	int r = mnttuck_new(&place);

	*reason = NULL;
	if (r < 0)
		return r;
	if (is_idmapped(mount) && !is_idmapped(everywhere->new)) {
		*reason = strdup(
			_("it maps the owners of files (idmapped), which can't be carried over"));
		return *reason ? 0 : -ENOMEM;
	}
	r = make_place(everywhere, mntns, mount, place);
	if (r == 0 && place->wish.operations & MNTTUCK_TUCK)
		r = mnttuck_attach(place);
	r = r ?: mnttuck_reveal(place);
	return r == 0 ? 0 : explain_place(place, r, reason);
}

/* ---- all places ---- */

static struct attempt *find_attempt(
	const struct everywhere *everywhere, const struct mntns *mntns, const struct mount *mount)
{
	for (size_t i = 0; i < everywhere->count; i++) {
		struct attempt *attempt = &everywhere->attempts[i];

		if (attempt->namespace == mntns->inode && attempt->short_id == mount->short_id)
			return attempt;
	}
	return NULL;
}

static bool is_place(const struct everywhere *everywhere, struct mount *mount)
{
	const struct mnttuck *tuck = everywhere->tuck;
	const struct progress *progress = &tuck->progress;

	return mount_device(mount) == progress->old_device && mount_root(mount) &&
	       strcmp(mount_root(mount), progress->old_root) == 0 && mount_target(mount) &&
	       plan_in_sight(mount) &&
	       !mount_is_origin(
		       everywhere->namespaces, mount, tuck->wish.target.identity.unique_id);
}

/* A place that received from another one has followed it by now. */
static bool is_still_there(const struct mntns *mntns, const struct mount *mount)
{
	struct kernel_statmount answer = {0};
	const struct statmount_buffer buffer = {.data = &answer, .size = sizeof(answer)};

	return !mount->id || !mntns->id ||
	       kernel_statmount_once(mount->id, mntns->id, KERNEL_STATMOUNT_MNT_BASIC, &buffer) !=
		       -ENOENT;
}

static int try_place(struct everywhere *everywhere, const struct mntns *mntns, struct mount *mount)
{
	struct attempt *larger = reallocarray(
		everywhere->attempts, everywhere->count + 1, sizeof(*everywhere->attempts));
	struct attempt *attempt;
	int r;

	if (!larger)
		return -ENOMEM;
	everywhere->attempts = larger;
	attempt = &larger[everywhere->count++];
	*attempt = (struct attempt){mntns->inode, mount->short_id, NULL};
	r = replace_at(everywhere, mntns, mount, &attempt->reason);
	return r < 0 || attempt->reason
		       ? r
		       : places_add_mount(&everywhere->tuck->places, MNTTUCK_REPLACED,
				 everywhere->namespaces, mntns, mount);
}

/* Try the places that have not been tried, and return how many. Containers come last, since they
 * can make others wait. */
static int try_places(struct everywhere *everywhere, bool are_containers)
{
	struct namespaces *namespaces = everywhere->namespaces;
	int r = 0, tried = 0;

	for (size_t i = 0; i < namespaces->count && r == 0; i++) {
		const struct mntns *mntns = &namespaces->list[i];
		struct mount *mount;

		if (!mntns->snapshot ||
			namespaces_is_less_privileged(namespaces, mntns) != are_containers)
			continue;
		snapshot_for_each (mount, mntns->snapshot) {
			if (!is_place(everywhere, mount) ||
				find_attempt(everywhere, mntns, mount) ||
				!is_still_there(mntns, mount))
				continue;
			tried++;
			r = try_place(everywhere, mntns, mount);
			if (r < 0)
				break;
		}
	}
	return r < 0 ? r : tried;
}

/* List the places that still show the old version, and return how many. */
static int list_left(const struct everywhere *everywhere)
{
	const struct namespaces *namespaces = everywhere->namespaces;
	struct places *places = &everywhere->tuck->places;
	int r = 0, left = 0;

	for (size_t i = 0; i < namespaces->count && r == 0; i++) {
		const struct mntns *mntns = &namespaces->list[i];
		struct mount *mount;

		if (!mntns->snapshot)
			continue;
		snapshot_for_each (mount, mntns->snapshot) {
			const struct attempt *attempt;

			if (!is_place(everywhere, mount))
				continue;
			left++;
			attempt = find_attempt(everywhere, mntns, mount);
			r = places_add_left(places, namespaces, mntns, mount,
				attempt && attempt->reason ? attempt->reason
							   : _("it has come meanwhile"));
			if (r < 0)
				break;
		}
	}
	r = r < 0 ? r : places_add_unseen(places, namespaces, /* error= */ 0);
	return r < 0 ? r : left;
}

/* Read all namespaces, and find the new mount at the target in them. */
static int look(struct everywhere *everywhere)
{
	const struct progress *progress = &everywhere->tuck->progress;
	struct namespaces *namespaces = NULL;
	int r = namespaces_read_full(&namespaces);

	namespaces_free(everywhere->namespaces);
	everywhere->namespaces = namespaces;
	if (!namespaces)
		return r;
	r = namespaces_error(namespaces);
	if (r < 0 || !namespaces->list[0].snapshot)
		return r < 0 ? r : namespaces->list[0].error ?: -ENOENT;
	everywhere->new = snapshot_find(namespaces->list[0].snapshot, progress->attached.short_id);
	return everywhere->new ? 0 : -ENOENT;
}

/* By propagation the new mount can be reached by its path alone. */
static int open_new(const struct everywhere *everywhere)
{
	const struct mnttuck *tuck = everywhere->tuck;

	if (tuck->progress.way != ATTACH_BY_PROPAGATION)
		return fcntl(tuck->source.fd, F_DUPFD_CLOEXEC, 0);
	if (!mount_target(everywhere->new))
		return -ENOENT;
	return open_place(everywhere->new, mount_target(everywhere->new), /* mntns= */ -1);
}

static bool is_new_version(const struct everywhere *everywhere)
{
	const struct progress *progress = &everywhere->tuck->progress;
	struct mount *new = everywhere->new;

	return mount_device(new) != progress->old_device || !mount_root(new) ||
	       strcmp(mount_root(new), progress->old_root) != 0;
}

static int replace_all(struct everywhere *everywhere)
{
	enum { LOOKS = 8 };
	int r = look(everywhere);

	if (r < 0 || !is_new_version(everywhere))
		return r;
	everywhere->new_fd = open_new(everywhere);
	if (everywhere->new_fd < 0)
		return everywhere->new_fd;
	for (int looks = 1; looks < LOOKS; looks++) {
		int tried = try_places(everywhere, /* are_containers= */ false);

		if (tried >= 0) {
			r = try_places(everywhere, /* are_containers= */ true);
			tried = r < 0 ? r : tried + r;
		}
		if (tried <= 0)
			return tried < 0 ? tried : list_left(everywhere);
		r = look(everywhere);
		if (r < 0)
			return r;
	}
	return list_left(everywhere);
}

static int replace_elsewhere(struct mnttuck *tuck, void *unused)
{
	_cleanup_(everywhere_clear) struct everywhere everywhere = {.tuck = tuck, .new_fd = -1};

	(void)unused;
	if (!(tuck->wish.operations & MNTTUCK_EVERYWHERE) || !tuck->progress.is_revealed)
		return -EINVAL;
	if (!tuck->progress.old_root)
		return -ENODATA;
	places_clear(&tuck->places);
	return replace_all(&everywhere);
}

int mnttuck_replace_elsewhere(struct mnttuck *tuck)
{
	KEEP_ERRNO;

	return enter_and_run(tuck->wish.namespace_fd, replace_elsewhere, tuck, NULL);
}
