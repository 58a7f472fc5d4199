/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kernel: every system call and structure that glibc or the kernel headers may lack.
 *
 * Debian 12's headers are those of Linux 6.1: they know neither MOVE_MOUNT_BENEATH (6.5), statmount
 * and listmount (6.8), nor the walk over mount namespaces (6.12). The numbers and structures that
 * the project needs are only here. Every function returns 0 or a positive answer, or -errno.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/types.h>

#ifndef MOVE_MOUNT_BENEATH
#define MOVE_MOUNT_BENEATH 0x00000200 /* since 6.5 */
#endif

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000 /* since 5.14 */
#endif

/* The flags of a mount that protect those who use it. */
#define KERNEL_PROTECTIONS                                                                         \
	(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |            \
		MOUNT_ATTR_NOSYMFOLLOW)

/* What statx(2) says about the mount that a file is on. */
struct mount_identity {
	uint64_t unique_id; /* never used again; 0 before 6.8, and of another user's FUSE mount */
	int short_id;	    /* mountinfo's; used again after an unmount */
	bool is_root;	    /* the file is its mount's root */
	mode_t mode;	    /* the file's type and permissions */
	dev_t device;	    /* the file's, as stat(2) has it; of some filesystems not the mount's */
};

/* Identify the mount of @path, which starts at @dirfd; "" with the flag AT_EMPTY_PATH is @dirfd
 * itself. The filesystem's server is not asked, so a mount whose server is dead or hangs is
 * identified like any other; the permissions may be older ones. -errno is statx(2)'s. */
int kernel_identify(
	int dirfd, const char *path, unsigned int flags, struct mount_identity *identity);

/* The same by a single statx(2), for those that need one id, whichever the kernel has: where there
 * is a unique_id, short_id is 0. */
int kernel_identify_once(
	int dirfd, const char *path, unsigned int flags, struct mount_identity *identity);

/* Whether both are of the same mount. Both were identified by the same of these functions. */
bool mount_identity_is_same(const struct mount_identity *one, const struct mount_identity *other);

/* mountinfo's id of a mount that was identified by @fd, or by a path that leads to its mount. Where
 * the kernel has unique ids, it is asked for if @identity lacks it. 0: not known. */
int mount_identity_short_id(const struct mount_identity *identity, int fd);

/* What tells whether two files are one: its filesystem, and the file there. */
struct file_identity {
	dev_t device;
	uint64_t inode;
};

static inline bool file_is_same(const struct file_identity *one, const struct file_identity *other)
{
	return one->device == other->device && one->inode == other->inode;
}

/* Identify the file of @fd; its server is not asked. -errno is statx(2)'s. */
int kernel_identify_file(int fd, struct file_identity *identity);

/* open(2) with O_PATH | O_CLOEXEC; follows symbolic links, starts no automount. */
int kernel_open_path(int dirfd, const char *path);

/* openat2(2), Linux 5.6. With RESOLVE_BENEATH or RESOLVE_IN_ROOT the kernel refuses ".." (EAGAIN)
 * while anybody on the machine mounts or renames, so it is asked again; not for ever. */
struct open_how;
int kernel_open_how(int dirfd, const char *path, const struct open_how *how);

/* open_tree(2). @flags without OPEN_TREE_CLOEXEC, which is always set. */
int kernel_open_tree(int dirfd, const char *path, unsigned int flags);

/* move_mount(2) between two descriptors. */
int kernel_move_mount(int from, int to, unsigned int flags);

/* mount_setattr(2) of @fd's mount, or with @recursive of the tree. @propagation: MS_PRIVATE etc. or
 * 0. */
int kernel_set_attributes(
	int fd, bool recursive, uint64_t set, uint64_t clear, uint64_t propagation);

/* Map the owners of @fd's mount, or tree, by the user namespace @user_namespace. */
int kernel_set_idmapping(int fd, bool recursive, int user_namespace);

/* The MOUNT_ATTR_* of @fd's mount, by statmount(2). -ENOSYS: the kernel is older; -ENOENT: the
 * mount is in no namespace of the caller's. */
int kernel_get_attributes(int fd, uint64_t *attributes);

/* The peer group of @fd's mount, by statmount(2); 0: none. Errors as above. */
int kernel_get_group(int fd);

/* Whether move_mount(2) knows MOVE_MOUNT_BENEATH: 1 or 0; -EPERM without CAP_SYS_ADMIN, -ENOSYS. */
int kernel_has_beneath(void);

/* Whether mount_setattr(2) is there, Linux 5.12: 1 or 0. */
int kernel_has_mount_setattr(void);

/* Whether move_mount(2) knows MOVE_MOUNT_SET_GROUP, Linux 5.15: 1 or 0; -errno as above. */
int kernel_has_set_group(void);

/* Put @to's mount, which is private, in the peer group of @from's mount, and give it the same
 * master. Both descriptors are of the mounts' roots; @from's root is @to's or above it. */
int kernel_set_group(int from, int to);

/* Whether the caller may mount in its mount namespace: 1 or 0. Changes nothing. */
int kernel_may_mount(void);

/* The user namespace that the mount namespace of this descriptor belongs to, Linux 4.9. */
int kernel_open_owner(int mount_namespace);

/* statmount(2), Linux 6.8; the layout of <linux/mount.h>. */
struct kernel_statmount {
	uint32_t size;
	uint32_t mnt_opts;
	uint64_t mask;
	uint32_t sb_dev_major;
	uint32_t sb_dev_minor;
	uint64_t sb_magic;
	uint32_t sb_flags;
	uint32_t fs_type;
	uint64_t mnt_id;
	uint64_t mnt_parent_id;
	uint32_t mnt_id_old;
	uint32_t mnt_parent_id_old;
	uint64_t mnt_attr;
	uint64_t mnt_propagation;
	uint64_t mnt_peer_group;
	uint64_t mnt_master;
	uint64_t propagate_from;
	uint32_t mnt_root;
	uint32_t mnt_point;
	uint64_t mnt_ns_id;
	uint32_t fs_subtype;
	uint32_t sb_source;
	uint32_t opt_num, opt_array;	     /* 6.11 */
	uint32_t opt_sec_num, opt_sec_array; /* 6.12 */
	uint64_t supported_mask;	     /* 6.16 */
	uint64_t spare[45];
	char str[];
};

#define KERNEL_STATMOUNT_SB_BASIC	0x001
#define KERNEL_STATMOUNT_MNT_BASIC	0x002
#define KERNEL_STATMOUNT_PROPAGATE_FROM 0x004
#define KERNEL_STATMOUNT_MNT_ROOT	0x008
#define KERNEL_STATMOUNT_MNT_POINT	0x010
#define KERNEL_STATMOUNT_FS_TYPE	0x020
#define KERNEL_STATMOUNT_MNT_NS_ID	0x040
#define KERNEL_STATMOUNT_MNT_OPTS	0x080
#define KERNEL_STATMOUNT_FS_SUBTYPE	0x100
#define KERNEL_STATMOUNT_SB_SOURCE	0x200
#define KERNEL_STATMOUNT_OPT_SEC_ARRAY	0x800
#define KERNEL_STATMOUNT_SUPPORTED_MASK 0x1000

/* A buffer for one answer; it grows when the strings need more. Free @data with free(). */
struct statmount_buffer {
	struct kernel_statmount *data;
	size_t size;
};

/* The mount @unique_id of namespace @namespace_id (0: the caller's). -ENOENT: no such mount there;
 * -ENOSYS; -EIO: the answer is malformed. */
int kernel_statmount(
	uint64_t unique_id, uint64_t namespace_id, uint64_t mask, struct statmount_buffer *buffer);

/* The same without growing @buffer: -EOVERFLOW if it is too small. Makes one system call and
 * nothing else, so a child may call it. */
int kernel_statmount_once(uint64_t unique_id, uint64_t namespace_id, uint64_t mask,
	const struct statmount_buffer *buffer);

/* Whether the kernel knows a mount @unique_id in that namespace: 1 or 0; -errno of statmount(2): it
 * can't be asked. Makes no other system call, so a child may call it. */
int kernel_has_mount(uint64_t unique_id, uint64_t namespace_id);

/* One string of an answer; NULL if @bit is not in the answer's mask, or @offset is outside of the
 * answer. */
const char *kernel_statmount_string(
	const struct kernel_statmount *answer, uint64_t bit, uint32_t offset);

/* The unique ids of all mounts of @namespace_id (0: the caller's), or of those below the mount
 * @above. The caller frees @ids. */
int kernel_listmount(uint64_t namespace_id, uint64_t **ids, size_t *count);
int kernel_listmount_below(uint64_t above, uint64_t namespace_id, uint64_t **ids, size_t *count);
/* The same of all mounts that are newer than the one with the unique id @after. */
int kernel_listmount_after(uint64_t namespace_id, uint64_t after, uint64_t **ids, size_t *count);

/* Whether @namespace_id (0: the caller's) has a mount that is newer than the one with this unique
 * id: 1 or 0, or -errno as above. */
int kernel_has_newer_mount(uint64_t namespace_id, uint64_t unique_id);

/* What NS_MNT_GET_NEXT and NS_MNT_GET_INFO (Linux 6.12) say about a mount namespace. */
struct kernel_namespace {
	uint64_t id;
	uint32_t mounts; /* how many it holds */
};

/* Keep /proc open, for the functions below when this thread calls them. To be called before the
 * thread enters another mount namespace, by a program that ends soon: the /proc of a container
 * knows other processes, and not the caller. */
void kernel_keep_proc(void);
bool kernel_has_kept_proc(void);
/* The same with @proc, a descriptor of /proc that stays the caller's; -1: no longer. */
void kernel_use_proc(int proc);

/* Open a file of /proc, such as "thread-self/mountinfo": a thread can have a mount namespace of its
 * own, and "self" is the first thread. -errno. */
int kernel_open_proc(const char *path, int flags);
/* The same for reading; NULL and errno. */
FILE *kernel_fopen_proc(const char *path);

/* Open the caller's mount namespace, /proc/thread-self/ns/mnt. */
int kernel_open_own_namespace(void);

/* Information about the mount namespace @fd. -ENOTTY before 6.12. */
int kernel_namespace_info(int fd, struct kernel_namespace *info);

/* Whether two threads have the same table of descriptors (KCMP_FILES), or the same root and working
 * directory (KCMP_FS). False also where kcmp(2) can't tell. */
bool kernel_threads_share(pid_t one, pid_t other, int what);

/* pidfd_open(2), Linux 5.3. */
int kernel_open_process(pid_t pid);

/* Whether @fd is a mount namespace: 1 or 0. */
int kernel_is_mount_namespace(int fd);

/* The next or previous mount namespace, in order of ids, that the caller has CAP_SYS_ADMIN over:
 * returns its fd; -ENOENT after the last, -ENOTTY before 6.12. */
int kernel_namespace_step(int fd, bool forward, struct kernel_namespace *info);

/* A mount that came into a watched namespace or left it. */
struct kernel_mount_event {
	uint64_t id; /* the unique one; 0: events were lost, because nobody read them in time */
	/* Both: it was moved within the namespace. */
	bool attached, detached;
};

/* Make a queue of such events (fanotify(7), Linux 6.15); returns its fd, which doesn't block.
 * -EINVAL: the kernel is older; -EPERM; -EMFILE, -ENFILE: too many queues. */
int kernel_watch_new(void);

/* Have the queue @watch report the mount namespace @namespace_fd, which is not kept by that.
 * -EPERM: no CAP_SYS_ADMIN over it. */
int kernel_watch_namespace(int watch, int namespace_fd);

/* Take at most @room events from the queue, in the order in which they happened: returns how many;
 * 0: there are none. */
int kernel_watch_read(int watch, struct kernel_mount_event *events, size_t room);

_Static_assert(sizeof(struct kernel_statmount) == 512, "the layout is the kernel's");
