/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "carry.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "own-namespace.h"
#include "path.h"
#include "snapshot-read.h"
#include "snapshot.h"
#include "util.h"

/* ---- which mounts there are ---- */

void carry_clear(struct carry *carry)
{
	snapshot_free(carry->snapshot);
	free(carry->items);
	*carry = (struct carry){0};
}

static int add_item(struct carry *carry, struct mount *mount)
{
	const char *top = mount_target(carry->top), *target = mount_target(mount);
	const char *path = top && target ? path_below(target, top) : NULL;

	if (!path)
		return snapshot_error(carry->snapshot) ?: -ENODATA;
	carry->items[carry->count] = (struct carry_item){
		.mount = mount,
		.path = path + strspn(path, "/"),
		.parent = mount->parent == carry->top ? CARRY_TOP : (size_t)mount->parent->user,
	};
	mount->user = (void *)carry->count++;
	return 0;
}

/* In a detached tree the kernel lets only the root leave its peer group. So a mount that has to
 * leave its group is cloned by itself, and the mount that it is on is cloned without it. */
static void find_lone(struct carry *carry)
{
	for (size_t i = carry->count; i-- > 0;) {
		const struct carry_item *item = &carry->items[i];

		if (item->parent != CARRY_TOP &&
			(item->is_alone || carry_leaves_group(item->mount)))
			carry->items[item->parent].is_alone = true;
	}
}

int carry_read(struct carry *carry, const struct mount_identity *top)
{
	struct snapshot *snapshot = NULL;
	struct mount *of_target = NULL, *cover;
	int r = snapshot_read_tree(top->unique_id, top->short_id, &snapshot, &of_target);
	size_t room = 1;

	if (r < 0 || !of_target) {
		snapshot_free(snapshot);
		return r < 0 ? r : -ENOENT;
	}
	*carry = (struct carry){.snapshot = snapshot, .top = of_target};
	cover = mount_cover(of_target);
	for (struct mount *mount = of_target; mount; mount = mount_next_below(of_target, mount))
		room++;
	carry->items = calloc(room, sizeof(*carry->items));
	if (!carry->items)
		r = -ENOMEM;
	/* What covers all of the top mount is not on it. */
	for (struct mount *child = of_target->first_child; child && r == 0;
		child = child->next_sibling) {
		if (child == cover)
			continue;
		r = add_item(carry, child);
		for (struct mount *mount = child;
			r == 0 && (mount = mount_next_below(child, mount));)
			r = add_item(carry, mount);
	}
	/* One that can't be read is taken for a cover. */
	r = r < 0 ? r : snapshot_details_error(snapshot);
	if (r < 0)
		carry_clear(carry);
	else
		find_lone(carry);
	return r;
}

bool carry_leaves_group(const struct mount *mount)
{
	return mount && mount->group && mount->first_child;
}

/* ---- what can be done with them ---- */

bool carry_item_is_stuck(const struct carry_item *item)
{
	if (item->state == CARRY_ATTACH || item->state == CARRY_INSIDE)
		return item->mount->unbindable;
	return item->state == CARRY_HIDDEN || item->state == CARRY_UNREACHABLE;
}

bool carry_item_lacks_place(const struct carry_item *item)
{
	return item->state >= CARRY_LACKING;
}

/* Open a path in a tree of mounts. The new version may have a symbolic link there, which would lead
 * out of it. */
static int open_in_tree(int root, const char *path)
{
	const struct open_how how = {
		.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};

	return kernel_open_how(root, path, &how);
}

/* Open @item on the top mount. -ESTALE: its path leads to another mount. */
static int open_item(const struct carry_item *item, int top, struct mount_identity *identity)
{
	_cleanup_close_ int fd = open_in_tree(top, item->path);
	int r = fd < 0 ? fd : kernel_identify(fd, "", AT_EMPTY_PATH, identity);

	if (r < 0)
		return r;
	return identity->short_id == item->mount->short_id && identity->is_root ? steal_fd(&fd)
										: -ESTALE;
}

static bool are_same_file(int fd, int other)
{
	struct file_identity one, two;

	return kernel_identify_file(fd, &one) == 0 && kernel_identify_file(other, &two) == 0 &&
	       file_is_same(&one, &two);
}

static enum carry_state state_by_place(
	int tree, const char *path, int item, mode_t mode, int *error)
{
	_cleanup_close_ int place = open_in_tree(tree, path);
	struct mount_identity identity;
	int r = place < 0 ? place : kernel_identify(place, "", AT_EMPTY_PATH, &identity);

	if (r == -ENOENT || r == -ENOTDIR)
		return CARRY_LACKING;
	if (r == -ELOOP || (r == 0 && S_ISLNK(identity.mode)))
		return CARRY_LINK;
	*error = r;
	if (r < 0)
		return CARRY_NO_WAY;
	if (identity.is_root)
		return are_same_file(item, place) ? CARRY_THERE : CARRY_OTHER;
	return S_ISDIR(identity.mode) == S_ISDIR(mode) ? CARRY_ATTACH : CARRY_KIND;
}

/* What a child that looks is told, and what it answers for each item. */
struct look {
	struct carry *carry;
	int top, tree;
	size_t first, count;
};

struct seen {
	int16_t state, error;
	mode_t mode;
};

static struct seen see_item(const struct look *look, const struct carry_item *item)
{
	const struct carry_item *parent =
		item->parent == CARRY_TOP ? NULL : &look->carry->items[item->parent];
	bool is_inside = parent && parent->state != CARRY_THERE;
	struct mount_identity identity;
	enum carry_state state = CARRY_UNKNOWN;
	int fd, error = 0;

	/* Its clone comes with that of its parent. */
	if (is_inside && !parent->is_alone)
		return (struct seen){.state = CARRY_INSIDE};
	fd = open_item(item, look->top, &identity);
	if (fd == -ESTALE)
		return (struct seen){.state = CARRY_HIDDEN};
	if (fd < 0)
		return (struct seen){.state = CARRY_UNREACHABLE, .error = (int16_t)fd};
	/* The clone of its parent has a place for it. */
	if (is_inside)
		state = parent->state == CARRY_ATTACH ? CARRY_ATTACH : CARRY_INSIDE;
	else if (look->tree >= 0)
		state = state_by_place(look->tree, item->path, fd, identity.mode, &error);
	close(fd);
	return (struct seen){(int16_t)state, (int16_t)error, identity.mode & S_IFMT};
}

static int work_look(void *argument, void *answer)
{
	const struct look *look = argument;
	struct seen *seen = answer;

	for (size_t i = 0; i < look->count; i++) {
		struct carry_item *item = &look->carry->items[look->first + i];

		seen[i] = see_item(look, item);
		item->state = (enum carry_state)seen[i]
				      .state; /* the child's own copy, for the items below it */
	}
	return 0;
}

int carry_survey(struct carry *carry, int top, int tree)
{
	enum { MILLISECONDS = 2000, AT_ONCE = CHILD_ANSWER_MAX / sizeof(struct seen) };
	struct seen seen[AT_ONCE];
	struct look look = {.carry = carry, .top = top, .tree = tree};

	for (; look.first < carry->count; look.first += look.count) {
		int r;

		look.count = carry->count - look.first;
		if (look.count > AT_ONCE)
			look.count = AT_ONCE;
		r = child_run_within(
			MILLISECONDS, work_look, &look, seen, look.count * sizeof(*seen));
		if (r < 0)
			return r;
		for (size_t i = 0; i < look.count; i++) {
			struct carry_item *item = &carry->items[look.first + i];

			item->state = (enum carry_state)seen[i].state;
			item->error = seen[i].error;
			item->mode = seen[i].mode;
		}
	}
	return 0;
}

/* ---- to do it ---- */

static int clone_all(int fd)
{
	return kernel_open_tree(
		fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | (unsigned int)AT_RECURSIVE);
}

/* Clone an item, with what is on it unless that is cloned by itself. */
static int clone_item(const struct carry_item *item, int top)
{
	unsigned int recursive = item->is_alone ? 0 : AT_RECURSIVE;
	struct mount_identity identity;
	_cleanup_close_ int fd = open_item(item, top, &identity), clone = -1;
	int r = 0;

	if (fd < 0)
		return fd == -ESTALE || fd == -ENOENT ? -EBUSY : fd;
	clone = kernel_open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | recursive);
	if (clone < 0)
		return clone;
	if (carry_leaves_group(item->mount))
		r = kernel_set_attributes(clone, /* recursive= */ false, 0, 0, MS_PRIVATE);
	return r < 0 ? r : steal_fd(&clone);
}

static int attach_clone(const struct carry_item *item, int clone, int tree)
{
	_cleanup_close_ int place = open_in_tree(tree, item->path);

	return place < 0 ? place : kernel_move_mount(clone, place, 0);
}

static int attach_to_detached(const struct carry *carry, int top, int tree)
{
	int r = 0;

	for (size_t i = 0; i < carry->count && r == 0; i++) {
		_cleanup_close_ int clone = -1;

		if (carry->items[i].state != CARRY_ATTACH)
			continue;
		clone = clone_item(&carry->items[i], top);
		r = clone < 0 ? clone : attach_clone(&carry->items[i], clone, tree);
	}
	return r;
}

/* What the child of a staging namespace is told. Its descriptors are closed when it ends. */
struct staging {
	const struct carry *carry;
	int top, tree;
	int *clones; /* room for one of each item */
	int socket;  /* to send the two trees to */
};

static int send_trees(int socket, const int trees[2])
{
	char byte = 0;
	struct iovec data = {.iov_base = &byte, .iov_len = 1};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control = {0};
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(header), trees, 2 * sizeof(int));
	return sendmsg(socket, &message, 0) < 0 ? -errno : 0;
}

static int receive_trees(int socket, int trees[2])
{
	char byte;
	struct iovec data = {.iov_base = &byte, .iov_len = 1};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control = {0};
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) < 0)
		return -errno;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS ||
		header->cmsg_len != CMSG_LEN(2 * sizeof(int)))
		return -EMFILE; /* there is no room for descriptors */
	memcpy(trees, CMSG_DATA(header), 2 * sizeof(int));
	return 0;
}

/* The clones are made first: in the copy of the namespace all mounts leave their groups. */
static int clone_items(const struct staging *staging)
{
	for (size_t i = 0; i < staging->carry->count; i++) {
		if (staging->carry->items[i].state != CARRY_ATTACH)
			continue;
		staging->clones[i] = clone_item(&staging->carry->items[i], staging->top);
		if (staging->clones[i] < 0)
			return staging->clones[i];
	}
	return 0;
}

static int attach_to_staging(const struct staging *staging)
{
	int slash, r;

	if (unshare(CLONE_NEWNS) < 0)
		return -errno;
	r = own_namespace_make_private();
	if (r < 0)
		return r;
	slash = kernel_open_path(AT_FDCWD, "/");
	return slash < 0 ? slash : kernel_move_mount(staging->tree, slash, 0);
}

static int work_stage(void *argument, void *answer)
{
	const struct staging *staging = argument;
	const struct carry *carry = staging->carry;
	int trees[2], r = clone_items(staging);

	(void)answer;
	r = r < 0 ? r : attach_to_staging(staging);
	if (r < 0)
		return r;
	trees[1] = clone_all(staging->tree);
	r = trees[1] < 0 ? trees[1] : 0;
	for (size_t i = 0; i < carry->count && r == 0; i++)
		if (carry->items[i].state == CARRY_ATTACH)
			r = attach_clone(&carry->items[i], staging->clones[i], staging->tree);
	if (r < 0)
		return r;
	trees[0] = clone_all(staging->tree);
	return trees[0] < 0 ? trees[0] : send_trees(staging->socket, trees);
}

/* @trees: the result, and a clone of the tree as it was. */
static int attach_in_staging(const struct carry *carry, int top, int tree, int trees[2])
{
	_cleanup_free_ int *clones = calloc(carry->count + 1, sizeof(*clones));
	int sockets[2], r;

	if (!clones)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, sockets) < 0)
		return -errno;
	r = child_run(work_stage,
		&(struct staging){
			.carry = carry,
			.top = top,
			.tree = tree,
			.clones = clones,
			.socket = sockets[1],
		},
		NULL, 0);
	r = r < 0 ? r : receive_trees(sockets[0], trees);
	close(sockets[0]);
	close(sockets[1]);
	return r;
}

static bool all_can_be_carried(const struct carry *carry)
{
	for (size_t i = 0; i < carry->count; i++)
		if (carry->items[i].state == CARRY_UNKNOWN ||
			carry_item_is_stuck(&carry->items[i]) ||
			carry_item_lacks_place(&carry->items[i]))
			return false;
	return true;
}

int carry_make(const struct carry *carry, int top, int tree, int *ret, int *origin)
{
	_cleanup_close_ int clone = clone_all(tree);
	int trees[2] = {-1, -1}, r;

	*origin = -1;
	if (!all_can_be_carried(carry))
		return -EBUSY;
	/* Before Linux 6.15; or a clone that was made in another mount namespace. */
	if (clone == -EINVAL) {
		r = attach_in_staging(carry, top, tree, trees);
		if (r < 0)
			return r;
		*ret = trees[0];
		*origin = trees[1];
		return 0;
	}
	r = clone < 0 ? clone : attach_to_detached(carry, top, clone);
	if (r == 0)
		*ret = steal_fd(&clone);
	return r;
}
