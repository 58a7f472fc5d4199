/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The numbers and structures of kernel.c: against the running kernel, and where the headers are new
 * enough against these. On another architecture this is what would show a wrong one.
 */
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tap.h"
#include "util.h"

/* Since glibc 2.37 <sys/mount.h> shows what <linux/mount.h> has. */
#ifdef STATMOUNT_MNT_OPTS
#define SAME_PLACE(member)                                                                         \
	_Static_assert(                                                                            \
		offsetof(struct statmount, member) == offsetof(struct kernel_statmount, member),   \
		#member " is where the headers have it")
SAME_PLACE(mask);
SAME_PLACE(sb_flags);
SAME_PLACE(mnt_id_old);
SAME_PLACE(mnt_master);
SAME_PLACE(propagate_from);
SAME_PLACE(mnt_point);
SAME_PLACE(mnt_ns_id);
SAME_PLACE(str);
_Static_assert(KERNEL_STATMOUNT_MNT_NS_ID == STATMOUNT_MNT_NS_ID, "a bit of statmount");
_Static_assert(KERNEL_STATMOUNT_MNT_OPTS == STATMOUNT_MNT_OPTS, "a bit of statmount");
#endif
#ifdef STATMOUNT_OPT_SEC_ARRAY
SAME_PLACE(fs_subtype);
SAME_PLACE(sb_source);
SAME_PLACE(opt_array);
SAME_PLACE(opt_sec_array);
_Static_assert(KERNEL_STATMOUNT_OPT_SEC_ARRAY == STATMOUNT_OPT_SEC_ARRAY, "a bit of statmount");
#endif
#ifdef STATMOUNT_SUPPORTED_MASK
SAME_PLACE(supported_mask);
_Static_assert(KERNEL_STATMOUNT_SUPPORTED_MASK == STATMOUNT_SUPPORTED_MASK, "a bit of statmount");
#endif
_Static_assert(sizeof(off_t) == 8 && sizeof(ino_t) == 8, "large files, on 32-bit machines, too");
_Static_assert(MOVE_MOUNT_BENEATH == 0x200, "the flag is the kernel's");

static void cleanup_buffer(struct statmount_buffer *buffer)
{
	free(buffer->data);
}

/* mnt_id of /proc/self/fdinfo, which is older than statx's. */
static int id_by_proc(int fd)
{
	char path[64], line[256];
	_cleanup_fclose_ FILE *file = NULL;
	int id = 0;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "mnt_id: %d", &id) == 1)
			break;
	return id;
}

static void identifies(void)
{
	_cleanup_close_ int fd = -1;
	struct mount_identity identity, below;

	NEEDS_MOUNT_IDS;
	check_or_return(mkdir("/mnt/one", 0755) == 0);
	check_or_return(mount("one", "/mnt/one", "tmpfs", 0, NULL) == 0);
	check_or_return(mkdir("/mnt/one/below", 0700) == 0);
	fd = kernel_open_path(AT_FDCWD, "/mnt/one");
	check_or_return(kernel_identify(fd, "", AT_EMPTY_PATH, &identity) == 0);
	check(identity.short_id == id_by_proc(fd));
	check(identity.is_root && S_ISDIR(identity.mode));
	check_or_return(kernel_identify(fd, "below", 0, &below) == 0);
	check(below.short_id == identity.short_id && below.unique_id == identity.unique_id);
	check(!below.is_root && (below.mode & 07777) == 0700);
}

static void tells_of_a_mount(void)
{
	_cleanup_(cleanup_buffer) struct statmount_buffer buffer = {0};
	_cleanup_free_ uint64_t *ids = NULL;
	struct mount_identity identity, root;
	size_t count = 0, found = 0;

	if (under_valgrind()) {
		skip("valgrind 3.19 has no statmount(2)");
		return;
	}
	NEEDS_MOUNT_IDS;
	check_or_return(kernel_identify(AT_FDCWD, "/mnt/one", 0, &identity) == 0);
	check_or_return(kernel_identify(AT_FDCWD, "/", 0, &root) == 0);
	if (!identity.unique_id) {
		skip("Linux before 6.8: no statmount(2)");
		return;
	}
	check_or_return(kernel_statmount(identity.unique_id, 0,
				KERNEL_STATMOUNT_MNT_BASIC | KERNEL_STATMOUNT_MNT_ROOT |
					KERNEL_STATMOUNT_MNT_POINT | KERNEL_STATMOUNT_FS_TYPE,
				&buffer) == 0);
	check(buffer.data->mnt_id == identity.unique_id);
	check((int)buffer.data->mnt_id_old == identity.short_id);
	check(buffer.data->mnt_parent_id == root.unique_id);
	check((int)buffer.data->mnt_parent_id_old == root.short_id);
	check_string(kernel_statmount_string(
			     buffer.data, KERNEL_STATMOUNT_MNT_ROOT, buffer.data->mnt_root),
		"/");
	check_string(kernel_statmount_string(
			     buffer.data, KERNEL_STATMOUNT_MNT_POINT, buffer.data->mnt_point),
		"/mnt/one");
	check_string(kernel_statmount_string(
			     buffer.data, KERNEL_STATMOUNT_FS_TYPE, buffer.data->fs_type),
		"tmpfs");

	check_or_return(kernel_listmount(0, &ids, &count) == 0);
	for (size_t i = 0; i < count; i++)
		found += ids[i] == identity.unique_id;
	check(found == 1);
}

static void walks_namespaces(void)
{
	_cleanup_close_ int own = kernel_open_own_namespace();
	_cleanup_close_ int next = -1, back = -1;
	struct kernel_namespace here, there, again;
	_cleanup_free_ uint64_t *ids = NULL;
	size_t count = 0;
	int r;

	if (under_qemu()) {
		skip("qemu-user 7.2 has no NS_MNT_GET_INFO");
		return;
	}
	check_or_return(own >= 0);
	r = kernel_namespace_info(own, &here);
	if (r == -ENOTTY) {
		skip("Linux before 6.12: no NS_MNT_GET_INFO");
		return;
	}
	check_or_return(r == 0);
	check(here.id > 0 && here.mounts > 0);
	if (!under_valgrind() && check(kernel_listmount(here.id, &ids, &count) == 0))
		check(count > 0 && count <= here.mounts);
	/* The machine's own came first. */
	next = kernel_namespace_step(own, false, &there);
	if (next == -EPERM) {
		skip("the kernel lists mount namespaces in the first pid namespace alone");
		return;
	}
	check_or_return(next >= 0);
	check(there.id < here.id);
	back = kernel_namespace_step(next, true, &again);
	check_or_return(back >= 0);
	check(again.id > there.id && again.id <= here.id);
}

static void sets_attributes(void)
{
	_cleanup_close_ int fd = -1;
	uint64_t attributes = 0;

	if (under_valgrind()) {
		skip("valgrind 3.19 has no mount_setattr(2)");
		return;
	}
	if (under_qemu()) {
		skip("qemu-user 7.2 has no mount_setattr(2)");
		return;
	}
	fd = kernel_open_path(AT_FDCWD, "/mnt/one");
	check_or_return(kernel_set_attributes(fd, false, MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW,
				0, MS_PRIVATE) == 0);
	if (kernel_get_attributes(fd, &attributes) == -ENOSYS) {
		skip("this kernel has no statmount(2)");
		return;
	}
	check(kernel_get_attributes(fd, &attributes) == 0);
	check(attributes == (MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW));
	check(kernel_set_attributes(fd, false, 0, MOUNT_ATTR_NOEXEC, 0) == 0);
	check(kernel_get_attributes(fd, &attributes) == 0);
	check(attributes == MOUNT_ATTR_NOSYMFOLLOW);
}

static const struct tap_test tests[] = {
	{"statx tells a file's mount, its root, and the file's kind", identifies},
	{"statmount and listmount tell the same of it", tells_of_a_mount},
	{"a mount namespace knows its id, its mounts and its neighbours", walks_namespaces},
	{"attributes that are set are read back", sets_attributes},
};
TAP_MAIN(tests)
