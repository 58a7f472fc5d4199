/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "attributes.h"

#include <sys/mount.h>

#include "tap.h"
#include "util.h"

static void from_options(void)
{
	static const struct {
		const char *options;
		unsigned long flags;
		uint64_t set, clear;
		bool recursive;
	} rows[] = {
		{NULL, 0, 0, 0, false},
		{"", 0, 0, 0, false},
		{"ro", 0, MOUNT_ATTR_RDONLY, 0, false},
		{NULL, MS_RDONLY, MOUNT_ATTR_RDONLY, 0, false},
		{"ro,nosuid,nodev,noexec,nosymfollow", 0,
			MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
				MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW,
			0, false},
		{"rw", 0, 0, MOUNT_ATTR_RDONLY, false},
		{"ro,rw", 0, 0, MOUNT_ATTR_RDONLY, false},
		{"rw,ro", 0, MOUNT_ATTR_RDONLY, 0, false},
		{"suid,dev,exec", 0, 0, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
			false},
		{"nosuid", MS_NOSUID | MS_NODEV, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, 0, false},
		{"noatime", 0, MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME, false},
		{"noatime,relatime", 0, MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME, false},
		{"strictatime,nodiratime", 0, MOUNT_ATTR_STRICTATIME | MOUNT_ATTR_NODIRATIME,
			MOUNT_ATTR__ATIME, false},
		{"ro=recursive", 0, MOUNT_ATTR_RDONLY, 0, true},
		{"bind,x-systemd.automount,X-mount.subdir=ro,comment=ro", 0, 0, 0, false},
		{"read,roe,norelatime", 0, 0, 0, false},
	};

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		struct attribute_change change =
			attributes_from_options(rows[i].options, rows[i].flags);

		if (!check(change.set == rows[i].set) || !check(change.clear == rows[i].clear) ||
			!check(change.recursive == rows[i].recursive))
			printf("# options %s, flags %#lx: set %#lx clear %#lx\n",
				rows[i].options ?: "none", rows[i].flags, (unsigned long)change.set,
				(unsigned long)change.clear);
	}
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
	{"flags of mount(2) become attributes where there is one", from_flags},
};

TAP_MAIN(tests)
