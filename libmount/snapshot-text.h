/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * snapshot-text: the lines of /proc/PID/mountinfo, written from statmount's answers.
 *
 * libmount's parser reads the lines, so a snapshot is the same as one that was read from the file.
 *
 * Reading the file is slow in a namespace of slaves: for every slave that it prints, the kernel
 * searches "propagate_from", with as many steps as the mount has peers. In a namespace of 40,000
 * slaves that takes 22 seconds. Here that field is read only if the caller wants it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot.h"

/* The lines, and the unique id of the mount of each line. */
struct snapshot_text {
	char *text;
	size_t size;
	uint64_t *ids;
	size_t count;
};

/* Write the lines of a namespace (0: the caller's), or only those of the mounts @only (NULL: all).
 * @propagate_from: also read that field, which is slow. -ENODATA: this kernel's statmount lacks a
 * field that mountinfo has; -ENOSYS; -ENOENT, -EPERM: as snapshot_read_namespace(). */
int snapshot_write_mountinfo(uint64_t namespace_id, bool propagate_from, const uint64_t *only,
	size_t only_count, struct snapshot_text *ret);
void snapshot_text_free(struct snapshot_text *text);

/* Fill in the unique ids of a snapshot that was parsed from @text. */
void snapshot_set_unique_ids(struct snapshot *snapshot, const struct snapshot_text *text);

/* snapshot_read_namespace(), with everything that mountinfo has. */
int snapshot_read_namespace_full(uint64_t namespace_id, struct snapshot **ret);

/* The unique ids of a mount of the caller's namespace and of the mounts beneath it at the same
 * path, in the order of mountinfo. The caller frees @ids. -ENOENT, -ENOSYS. */
int snapshot_find_stack(uint64_t unique_id, uint64_t **ids, size_t *count);
