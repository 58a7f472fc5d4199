/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-mountinfo: any text as a mountinfo file, through libmount's parser into a snapshot, every
 * walk that findmnt and mount --tuck make over one, and a plan. For libFuzzer; tests/fuzz/run
 * builds and runs it.
 *
 * What was parsed, printed and parsed again is the same.
 */
#include <libmount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "fuzz.h"
#include "snapshot-read.h"
#include "snapshot.h"
#include "util.h"

static void print_mangled(FILE *text, const char *string)
{
	_cleanup_free_ char *mangled = mnt_mangle(string);

	fprintf(text, " %s", mangled ?: "");
}

static void print_mount(FILE *text, struct mount *mount)
{
	fprintf(text, "%d %d %u:%u", mount->short_id, mount->short_parent_id,
		major(mount_device(mount)), minor(mount_device(mount)));
	print_mangled(text, mount_root(mount));
	print_mangled(text, mount_target(mount));
	fputs(" rw", text);
	if (mount->group)
		fprintf(text, " shared:%d", mount->group);
	if (mount->master)
		fprintf(text, " master:%d", mount->master);
	fputs(mount->unbindable ? " unbindable - t s rw\n" : " - t s rw\n", text);
}

static int place_of(const struct snapshot *snapshot, const struct mount *mount)
{
	for (int i = 0; mount && (size_t)i < snapshot_size(snapshot); i++)
		if (snapshot_mount(snapshot, (size_t)i) == mount)
			return i;
	return -1;
}

static void compare(const struct snapshot *one, const struct snapshot *other)
{
	must(snapshot_size(one) == snapshot_size(other));
	for (size_t i = 0; i < snapshot_size(one); i++) {
		struct mount *a = snapshot_mount(one, i), *b = snapshot_mount(other, i);

		must(a->short_id == b->short_id && a->short_parent_id == b->short_parent_id);
		must(a->group == b->group && a->master == b->master);
		must(a->unbindable == b->unbindable && mount_device(a) == mount_device(b));
		must(strcmp(mount_root(a), mount_root(b)) == 0);
		must(strcmp(mount_target(a), mount_target(b)) == 0);
		must(place_of(one, a->parent) == place_of(other, b->parent));
	}
}

static void print_and_parse(struct snapshot *snapshot)
{
	_cleanup_(cleanup_snapshot) struct snapshot *again = NULL;
	_cleanup_free_ char *text = NULL;
	bool is_mountinfo = true;
	struct mount *mount;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	must(stream != NULL);
	snapshot_for_each (mount, snapshot) {
		/* libmount takes text in the forms of fstab and mtab, too; those have no ids. */
		is_mountinfo &= mnt_fs_is_kernel(mount->fs) && *mount_root(mount);
		print_mount(stream, mount);
	}
	must(fclose(stream) == 0);
	if (!is_mountinfo)
		return;
	must(snapshot_parse_text(text, size, &again) == 0);
	compare(snapshot, again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	_cleanup_fclose_ FILE *text = NULL;

	if (!size)
		return 0;
	text = fmemopen((void *)data, size, "r");
	if (!text || snapshot_parse(text, "/mountinfo", &snapshot) < 0)
		return 0;
	print_and_parse(snapshot);
	fuzz_walk(snapshot);
	fuzz_play(snapshot, data[size / 2]);
	return 0;
}
