/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which mount and which file a path or a descriptor leads to, by statx(2); what statmount(2) says
 * of that mount. */
#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kernel.h"
#include "util.h"

#ifndef STATX_MNT_ID
#define STATX_MNT_ID 0x00001000U /* 5.8 */
#endif
#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x00004000U /* 6.8 */
#endif
#ifndef STATX_ATTR_MOUNT_ROOT
#define STATX_ATTR_MOUNT_ROOT 0x00002000 /* 5.8 */
#endif

/* The type of a file whose server refuses to tell anything about it. */
static mode_t type_of_closed(int dirfd, const char *path)
{
	_cleanup_close_ int fd =
		openat(dirfd, *path ? path : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 && errno == ENOTDIR ? S_IFREG : S_IFDIR;
}

/* A server that is dead, or hangs, must not be asked. */
#define NOT_ASKING (AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC)

static int read_short_id(
	int dirfd, const char *path, unsigned int flags, struct mount_identity *identity)
{
	struct statx stx;

	if (statx(dirfd, path, (int)(flags | NOT_ASKING), STATX_MNT_ID, &stx) < 0)
		return -errno;
	if (stx.stx_mask & STATX_MNT_ID)
		identity->short_id = (int)stx.stx_mnt_id;
	return 0;
}

/* Whether statmount(2) can be called. A container's filter of system calls can refuse it, and let
 * statx(2) tell unique ids, which are of no use then. */
static bool has_statmount(uint64_t unique_id)
{
	static int known; /* 0: not yet; 1: yes; -1: no */
	int is_known = __atomic_load_n(&known, __ATOMIC_RELAXED);

	if (!is_known) {
		struct kernel_statmount answer = {0};
		const struct statmount_buffer buffer = {.data = &answer, .size = sizeof(answer)};

		is_known = prctl(PR_GET_SECCOMP) != 0 && kernel_statmount_once(unique_id, 0, 0,
								 &buffer) == -ENOSYS
				   ? -1
				   : 1;
		__atomic_store_n(&known, is_known, __ATOMIC_RELAXED);
	}
	return is_known > 0;
}

int kernel_identify_once(
	int dirfd, const char *path, unsigned int flags, struct mount_identity *identity)
{
	/* A kernel that knows both ids answers with the unique one. */
	const unsigned int mask = STATX_TYPE | STATX_MODE | STATX_MNT_ID | STATX_MNT_ID_UNIQUE;
	struct statx stx;
	bool is_closed = false;

	*identity = (struct mount_identity){0};
	flags |= NOT_ASKING;
	if (statx(dirfd, path, (int)flags, mask, &stx) < 0) {
		/* Another user's FUSE mount refuses even root. A request for no field at all (mask
		 * 0) still tells which mount it is. */
		is_closed = errno == EACCES && statx(dirfd, path, (int)flags, 0, &stx) == 0;
		if (!is_closed)
			return -errno;
	}
	identity->mode = is_closed ? type_of_closed(dirfd, path) : stx.stx_mode;
	identity->is_root = stx.stx_attributes & STATX_ATTR_MOUNT_ROOT;
	identity->device = makedev(stx.stx_dev_major, stx.stx_dev_minor);
	if (stx.stx_mask & STATX_MNT_ID_UNIQUE && has_statmount(stx.stx_mnt_id))
		identity->unique_id = stx.stx_mnt_id;
	else if (stx.stx_mask & STATX_MNT_ID_UNIQUE)
		return read_short_id(dirfd, path, flags, identity);
	else if (stx.stx_mask & STATX_MNT_ID)
		identity->short_id = (int)stx.stx_mnt_id;
	return 0;
}

int kernel_identify(
	int dirfd, const char *path, unsigned int flags, struct mount_identity *identity)
{
	int r = kernel_identify_once(dirfd, path, flags, identity);

	return r < 0 || !identity->unique_id ? r : read_short_id(dirfd, path, flags, identity);
}

bool mount_identity_is_same(const struct mount_identity *one, const struct mount_identity *other)
{
	return one->unique_id && other->unique_id ? one->unique_id == other->unique_id
						  : one->short_id == other->short_id;
}

int mount_identity_short_id(const struct mount_identity *identity, int fd)
{
	struct mount_identity whole = {0};

	if (identity->short_id || !identity->unique_id || fd < 0)
		return identity->short_id;
	return kernel_identify(fd, "", AT_EMPTY_PATH, &whole) < 0 ? 0 : whole.short_id;
}

int kernel_identify_file(int fd, struct file_identity *identity)
{
	const int flags = AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC;
	struct statx stx;

	if (statx(fd, "", flags, STATX_INO, &stx) < 0)
		return -errno;
	*identity =
		(struct file_identity){makedev(stx.stx_dev_major, stx.stx_dev_minor), stx.stx_ino};
	return 0;
}

/* What statmount(2) says of @fd's mount. */
static int ask_of_descriptor(int fd, struct kernel_statmount *answer)
{
	const struct statmount_buffer buffer = {.data = answer, .size = sizeof(*answer)};
	struct mount_identity identity;
	int r = kernel_identify_once(fd, "", AT_EMPTY_PATH, &identity);

	if (r == 0 && !identity.unique_id)
		return -ENOSYS;
	return r < 0 ? r
		     : kernel_statmount_once(
			       identity.unique_id, 0, KERNEL_STATMOUNT_MNT_BASIC, &buffer);
}

int kernel_get_attributes(int fd, uint64_t *attributes)
{
	struct kernel_statmount answer = {0};
	int r = ask_of_descriptor(fd, &answer);

	/* An idmapping is no flag that could be set again. */
	if (r == 0)
		*attributes = answer.mnt_attr & ~(uint64_t)MOUNT_ATTR_IDMAP;
	return r;
}

int kernel_get_group(int fd)
{
	struct kernel_statmount answer = {0};
	int r = ask_of_descriptor(fd, &answer);

	return r < 0 ? r : (int)answer.mnt_peer_group;
}
