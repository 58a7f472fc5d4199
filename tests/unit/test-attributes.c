/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuck/tuck-options.h"

#include <stdlib.h>
#include <string.h>
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
		struct tuck_options changes;

		check_or_return(tuck_options_read(&changes, rows[i].options) == 0);
		tuck_options_clear(&changes);
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
	static const struct {
		const char *options;
		unsigned int kinds;
	} rows[] = {
		{"nosuid,ro=vfs", OPTIONS_FOR_LIBMOUNT},
		{"rw=fs", OPTIONS_FOR_LIBMOUNT},
		{"ro,ro=recursive,x=fs,size=vfs", 0},
		{NULL, 0},
	};

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		struct tuck_options options;

		check(tuck_options_read(&options, rows[i].options) == 0);
		check(options.kinds == rows[i].kinds);
		tuck_options_clear(&options);
	}
}

static void kinds(void)
{
	static const struct {
		const char *options;
		unsigned int kinds;
	} rows[] = {
		{"size=5m,X-mount.mkdir,x-systemd.automount,comment=loop", 0},
		{"loop,nosuid", OPTIONS_FOR_IMAGE},
		{"offset=0x1000", OPTIONS_FOR_IMAGE},
		{"offset,sizelimit", 0},
		{"verity.roothash=1", OPTIONS_FOR_IMAGE | OPTIONS_FOR_LIBMOUNT},
		{"X-mount.mode=0755", OPTIONS_FOR_BIND | OPTIONS_FOR_LIBMOUNT | OPTIONS_OF_ROOT},
		{"X-mount.subdir=usr", OPTIONS_FOR_BIND | OPTIONS_FOR_LIBMOUNT},
		{"X-mount.auto-fstypes=ext4", OPTIONS_FOR_LIBMOUNT},
		{"rootcontext=@target", OPTIONS_FOR_LIBMOUNT | OPTIONS_TARGET_LABEL},
		{"context,x-context", 0},
		{"lowerdir=a\\:b", OPTIONS_FOR_LIBMOUNT},
		{"x-a=\"b,c\"", OPTIONS_FOR_LIBMOUNT},
	};
	char value[300];
	struct tuck_options options;

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		check_or_return(tuck_options_read(&options, rows[i].options) == 0);
		if (!check(options.kinds == rows[i].kinds))
			printf("# options %s: %#x\n", rows[i].options, options.kinds);
		tuck_options_clear(&options);
	}
	memset(value, 'a', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	value[1] = '=';
	check(tuck_options_read(&options, value) == 0);
	check(options.kinds == (OPTIONS_LONG | OPTIONS_FOR_LIBMOUNT));
	value[2 + 255] = '\0';
	check(tuck_options_read(&options, value) == 0 && options.kinds == 0);
}

static void propagation(void)
{
	static const struct {
		const char *options;
		unsigned long propagation;
		bool is_recursive;
		const char *rest;
	} rows[] = {
		{"ro,shared,x-a", MS_SHARED, false, "ro,x-a"},
		{"rslave", MS_SLAVE, true, ""},
		{"private,rprivate,private", MS_PRIVATE, true, ""},
		{"shared,unbindable", MS_SHARED | MS_UNBINDABLE, false, ""},
		{"rw,recursive,r,rsharedx", 0, false, "rw,recursive,r,rsharedx"},
	};

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		_cleanup_free_ char *text = strdup(rows[i].options);
		struct tuck_options options;

		check_or_return(tuck_options_read(&options, text) == 0);
		check(options.propagation == rows[i].propagation);
		check(options.is_propagation_recursive == rows[i].is_recursive);
		check(tuck_options_remove_propagation(&text) == 0);
		check_string(text ?: "", rows[i].rest);
		tuck_options_clear(&options);
	}
}

static void noted(void)
{
	struct tuck_options options;

	check(tuck_options_read(&options, "ro,x-a,X-b,user=me,users,uhelper=u,uhelper,loop,"
					  "_netdev,x-c=\"d,e\"") == 0);
	check_string(options.noted, "x-a,user=me,uhelper=u,_netdev,x-c=\"d,e\"");
	tuck_options_clear(&options);
	check(tuck_options_read(&options, "ro,size=5m") == 0 && !options.noted);
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
	{"options that only libmount can carry out are known, and those of images", kinds},
	{"propagation is read, and removed from the other options", propagation},
	{"the options that utab keeps are known", noted},
	{"flags of mount(2) become attributes where there is one", from_flags},
};

TAP_MAIN(tests)
