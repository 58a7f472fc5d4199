/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "snapshot-text.h"

#include <errno.h>
#include <libmount.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "kernel.h"
#include "snapshot-read.h"
#include "util.h"

#define NUMBERS_MASK                                                                               \
	(KERNEL_STATMOUNT_SB_BASIC | KERNEL_STATMOUNT_MNT_BASIC | KERNEL_STATMOUNT_SUPPORTED_MASK)
#define TEXTS_MASK                                                                                 \
	(KERNEL_STATMOUNT_MNT_ROOT | KERNEL_STATMOUNT_MNT_POINT | KERNEL_STATMOUNT_FS_TYPE |       \
		KERNEL_STATMOUNT_MNT_OPTS | KERNEL_STATMOUNT_FS_SUBTYPE |                          \
		KERNEL_STATMOUNT_SB_SOURCE | KERNEL_STATMOUNT_OPT_SEC_ARRAY)

/* The kernel writes the bytes in @escape as octal numbers. */
static void put_escaped(FILE *text, const char *string, const char *escape)
{
	for (; *string; string++)
		if (strchr(escape, *string))
			fprintf(text, "\\%03o", (unsigned char)*string);
		else
			putc_unlocked(*string, text);
}

struct flag_name {
	uint64_t flag;
	const char *name;
};

static void put_flags(FILE *text, uint64_t flags, const struct flag_name *names)
{
	for (; names->name; names++)
		if (flags & names->flag)
			fputs(names->name, text);
}

static void put_mount_flags(FILE *text, uint64_t attributes)
{
	static const struct flag_name before_atime[] = {
		{MOUNT_ATTR_NOSUID, ",nosuid"},
		{MOUNT_ATTR_NODEV, ",nodev"},
		{MOUNT_ATTR_NOEXEC, ",noexec"},
		{0},
	};
	static const struct flag_name after_atime[] = {
		{MOUNT_ATTR_NOSYMFOLLOW, ",nosymfollow"},
		{MOUNT_ATTR_IDMAP, ",idmapped"},
		{0},
	};
	uint64_t atime = attributes & MOUNT_ATTR__ATIME;

	fputs(attributes & MOUNT_ATTR_RDONLY ? " ro" : " rw", text);
	put_flags(text, attributes, before_atime);
	if (atime == MOUNT_ATTR_NOATIME)
		fputs(",noatime", text);
	if (attributes & MOUNT_ATTR_NODIRATIME)
		fputs(",nodiratime", text);
	if (atime == MOUNT_ATTR_RELATIME)
		fputs(",relatime", text);
	put_flags(text, attributes, after_atime);
}

static void put_propagation(FILE *text, const struct kernel_statmount *answer)
{
	if (answer->mnt_propagation & MS_SHARED)
		fprintf(text, " shared:%llu", (unsigned long long)answer->mnt_peer_group);
	if (answer->mnt_propagation & MS_SLAVE) {
		fprintf(text, " master:%llu", (unsigned long long)answer->mnt_master);
		if (answer->mask & KERNEL_STATMOUNT_PROPAGATE_FROM && answer->propagate_from &&
			answer->propagate_from != answer->mnt_master)
			fprintf(text, " propagate_from:%llu",
				(unsigned long long)answer->propagate_from);
	}
	if (answer->mnt_propagation & MS_UNBINDABLE)
		fputs(" unbindable", text);
}

static void put_superblock(FILE *text, const struct kernel_statmount *answer)
{
	static const struct flag_name names[] = {
		{MS_SYNCHRONOUS, ",sync"},
		{MS_DIRSYNC, ",dirsync"},
		{MS_LAZYTIME, ",lazytime"},
		{0},
	};
	const char *options =
		kernel_statmount_string(answer, KERNEL_STATMOUNT_MNT_OPTS, answer->mnt_opts);
	const char *security = kernel_statmount_string(
		answer, KERNEL_STATMOUNT_OPT_SEC_ARRAY, answer->opt_sec_array);
	const char *end = (const char *)answer + answer->size;

	fputs(answer->sb_flags & MS_RDONLY ? " ro" : " rw", text);
	put_flags(text, answer->sb_flags, names);
	for (uint32_t i = 0; security && security < end && i < answer->opt_sec_num; i++) {
		putc_unlocked(',', text);
		put_escaped(text, security, "\n\\");
		security += strlen(security) + 1;
	}
	if (options && *options) {
		putc_unlocked(',', text);
		put_escaped(text, options, "\n");
	}
}

/* Write the line of @answer. Returns 0; 1 if the caller can't reach the mount, so that mountinfo
 * does not have the line either; -ENODATA if this kernel's answer lacks a field. */
static int put_line(FILE *text, const struct kernel_statmount *answer)
{
	const uint64_t needed = KERNEL_STATMOUNT_SB_BASIC | KERNEL_STATMOUNT_MNT_BASIC;
	const char *root =
		kernel_statmount_string(answer, KERNEL_STATMOUNT_MNT_ROOT, answer->mnt_root);
	const char *type =
		kernel_statmount_string(answer, KERNEL_STATMOUNT_FS_TYPE, answer->fs_type);
	const char *subtype =
		kernel_statmount_string(answer, KERNEL_STATMOUNT_FS_SUBTYPE, answer->fs_subtype);
	const char *source =
		kernel_statmount_string(answer, KERNEL_STATMOUNT_SB_SOURCE, answer->sb_source);
	const char *target =
		kernel_statmount_string(answer, KERNEL_STATMOUNT_MNT_POINT, answer->mnt_point);

	/* The mask lacks a string also if it is empty. Only supported_mask tells whether the kernel
	 * has that string at all. */
	if (!(answer->mask & KERNEL_STATMOUNT_SUPPORTED_MASK) ||
		(answer->supported_mask & TEXTS_MASK) != TEXTS_MASK)
		return -ENODATA;
	if (!target || *target != '/' || (answer->mask & needed) != needed || !root || !*root ||
		!type || !*type)
		return 1;
	fprintf(text, "%u %u %u:%u ", answer->mnt_id_old, answer->mnt_parent_id_old,
		answer->sb_dev_major, answer->sb_dev_minor);
	put_escaped(text, root, " \t\n\\");
	putc_unlocked(' ', text);
	put_escaped(text, target, " \t\n\\");
	put_mount_flags(text, answer->mnt_attr);
	put_propagation(text, answer);
	fputs(" - ", text);
	put_escaped(text, type, " \t\n\\#");
	if (subtype && *subtype) {
		putc_unlocked('.', text);
		put_escaped(text, subtype, " \t\n\\#");
	}
	putc_unlocked(' ', text);
	put_escaped(text, source ?: "", " \t\n\\#");
	put_superblock(text, answer);
	putc_unlocked('\n', text);
	return 0;
}

/* Write the lines of @ids. The ids that have a line move to the front; @count becomes their number.
 */
static int put_lines(FILE *text, uint64_t namespace_id, uint64_t mask, uint64_t *ids, size_t *count)
{
	struct statmount_buffer buffer = {0};
	size_t written = 0;
	int r = 0;

	for (size_t i = 0; i < *count && r >= 0; i++) {
		r = kernel_statmount(ids[i], namespace_id, mask, &buffer);
		if (r == 0)
			r = put_line(text, buffer.data);
		if (r == 0)
			ids[written++] = ids[i];
		if (r == -ENOENT)
			r = 0; /* unmounted since listmount */
	}
	free(buffer.data);
	*count = written;
	return r < 0 ? r : 0;
}

int snapshot_write_mountinfo(uint64_t namespace_id, bool propagate_from, const uint64_t *only,
	size_t only_count, struct snapshot_text *ret)
{
	uint64_t mask = NUMBERS_MASK | TEXTS_MASK;
	_cleanup_(snapshot_text_free) struct snapshot_text text = {0};
	FILE *stream;
	int r;

	if (propagate_from)
		mask |= KERNEL_STATMOUNT_PROPAGATE_FROM;
	if (only) {
		text.ids = calloc(only_count, sizeof(*text.ids));
		if (!text.ids)
			return -ENOMEM;
		memcpy(text.ids, only, only_count * sizeof(*only));
		text.count = only_count;
	} else {
		r = kernel_listmount(namespace_id, &text.ids, &text.count);
		if (r < 0)
			return r;
	}
	stream = open_memstream(&text.text, &text.size);
	if (!stream)
		return -ENOMEM;
	r = put_lines(stream, namespace_id, mask, text.ids, &text.count);
	/* Out of memory, glibc's fclose() (seen: 2.36) can return 0 without any text. */
	if ((fclose(stream) != 0 || !text.text) && r == 0)
		r = -ENOMEM;
	if (r < 0)
		return r;
	*ret = text;
	text = (struct snapshot_text){0};
	return 0;
}

void snapshot_text_free(struct snapshot_text *text)
{
	free(text->text);
	free(text->ids);
}

void snapshot_set_unique_ids(struct snapshot *snapshot, const struct snapshot_text *text)
{
	for (size_t i = 0; i < text->count && snapshot_size(snapshot) == text->count; i++)
		snapshot_mount(snapshot, i)->id = text->ids[i];
}

int snapshot_read_namespace_full(uint64_t namespace_id, struct snapshot **ret)
{
	_cleanup_(snapshot_text_free) struct snapshot_text text = {0};
	int r;

	r = snapshot_write_mountinfo(namespace_id, /* propagate_from= */ false, NULL, 0, &text);
	if (r == 0)
		r = snapshot_parse_text(text.text, text.size, ret);
	if (r == 0)
		snapshot_set_unique_ids(*ret, &text);
	return r;
}

static int compare_numbers(const void *a, const void *b)
{
	uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

	return one < other ? -1 : one > other;
}

static bool has_number(const uint64_t *list, size_t count, uint64_t number)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == number)
			return true;
	return false;
}

int snapshot_find_stack(uint64_t unique_id, uint64_t **ids, size_t *count)
{
	const uint64_t mask = KERNEL_STATMOUNT_MNT_BASIC | KERNEL_STATMOUNT_MNT_POINT;
	struct statmount_buffer buffer = {0};
	_cleanup_free_ uint64_t *list = NULL;
	_cleanup_free_ char *target = NULL;
	size_t found = 0;
	int r;

	while ((r = kernel_statmount(unique_id, 0, mask, &buffer)) == 0) {
		const char *point = kernel_statmount_string(
			buffer.data, KERNEL_STATMOUNT_MNT_POINT, buffer.data->mnt_point);
		uint64_t *larger;

		if (!point || (target && strcmp(point, target) != 0))
			break;
		larger = reallocarray(list, found + 1, sizeof(*list));
		if (larger)
			list = larger;
		if (larger && !target)
			target = strdup(point);
		if (!larger || !target) {
			r = -ENOMEM;
			break;
		}
		list[found++] = unique_id;
		/* The root of the namespace is its own parent. */
		unique_id = buffer.data->mnt_parent_id;
		if (has_number(list, found, unique_id))
			break;
	}
	free(buffer.data);
	if (r == -ENOMEM || !found)
		return r < 0 ? r : -ENOENT;
	qsort(list, found, sizeof(*list), compare_numbers);
	*ids = steal_pointer(&list);
	*count = found;
	return 0;
}
