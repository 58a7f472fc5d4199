/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuck/tuck-options.h"

#include <sys/mount.h>

#include "tap.h"
#include "util.h"

static void from_options(void)
{
	static const struct {
		const char *options;
		struct attribute_change top, tree;
	} rows[] = {
		{NULL, {0, 0}, {0, 0}},
		{"", {0, 0}, {0, 0}},
		{"ro", {MOUNT_ATTR_RDONLY, 0}, {0, 0}},
		{"ro,nosuid,nodev,noexec,nosymfollow",
			{MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
					MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW,
				0},
			{0, 0}},
		{"rw", {0, MOUNT_ATTR_RDONLY}, {0, 0}},
		{"ro,rw", {0, MOUNT_ATTR_RDONLY}, {0, 0}},
		{"rw,ro", {MOUNT_ATTR_RDONLY, 0}, {0, 0}},
		{"suid,dev,exec", {0, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC},
			{0, 0}},
		{"noatime", {MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME}, {0, 0}},
		{"noatime,relatime", {MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME}, {0, 0}},
		{"strictatime,nodiratime",
			{MOUNT_ATTR_STRICTATIME | MOUNT_ATTR_NODIRATIME, MOUNT_ATTR__ATIME},
			{0, 0}},
		{"ro=recursive", {MOUNT_ATTR_RDONLY, 0}, {MOUNT_ATTR_RDONLY, 0}},
		{"ro=recursive,nosuid", {MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0},
			{MOUNT_ATTR_RDONLY, 0}},
		{"rw,nosuid=recursive", {MOUNT_ATTR_NOSUID, MOUNT_ATTR_RDONLY},
			{MOUNT_ATTR_NOSUID, 0}},
		{"rw,ro=recursive", {MOUNT_ATTR_RDONLY, 0}, {MOUNT_ATTR_RDONLY, 0}},
		{"ro=recursive,rw", {0, MOUNT_ATTR_RDONLY}, {MOUNT_ATTR_RDONLY, 0}},
		{"ro=vfs", {MOUNT_ATTR_RDONLY, 0}, {0, 0}},
		{"ro=fs", {0, 0}, {0, 0}},
		{"exec,user", {MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, 0},
			{0, 0}},
		{"users,exec", {MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC}, {0, 0}},
		{"owner", {MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, 0}, {0, 0}},
		{"group,suid", {MOUNT_ATTR_NODEV, MOUNT_ATTR_NOSUID}, {0, 0}},
		{"x-a=recursive,nouser", {0, 0}, {0, 0}},
		{"bind,x-systemd.automount,X-mount.subdir=ro,comment=ro", {0, 0}, {0, 0}},
		{"read,roe,norelatime", {0, 0}, {0, 0}},
	};

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		struct attribute_changes changes = attributes_from_options(rows[i].options);

		if (!check(changes.top.set == rows[i].top.set) ||
			!check(changes.top.clear == rows[i].top.clear) ||
			!check(changes.tree.set == rows[i].tree.set) ||
			!check(changes.tree.clear == rows[i].tree.clear))
			printf("# options %s: top %#lx %#lx, tree %#lx %#lx\n",
				rows[i].options ?: "none", (unsigned long)changes.top.set,
				(unsigned long)changes.top.clear, (unsigned long)changes.tree.set,
				(unsigned long)changes.tree.clear);
	}
}

static void split(void)
{
	check(attributes_are_split("nosuid,ro=vfs"));
	check(attributes_are_split("rw=fs"));
	check(!attributes_are_split("ro,ro=recursive,x=fs,size=vfs"));
	check(!attributes_are_split(NULL));
}

static void from_flags(void)
{
	check(attributes_from_flags(0) == 0);
	check(attributes_from_flags(MS_RDONLY | MS_NOATIME) ==
		(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOATIME));
	/* What is the filesystem's, or not about the mount at all, has no attribute. */
	check(attributes_from_flags(MS_SYNCHRONOUS | MS_BIND | MS_REC | MS_SILENT) == 0);
	check(attributes_from_flags(attributes_flags) != 0);
	check(!(attributes_flags & (MS_SYNCHRONOUS | MS_BIND | MS_REC | MS_REMOUNT)));
}

static const struct tap_test tests[] = {
	{"options become attributes to set and to clear, the last one wins", from_options},
	{"what is about the filesystem or the mount alone is told from both", split},
	{"flags of mount(2) become attributes where there is one", from_flags},
};

TAP_MAIN(tests)
