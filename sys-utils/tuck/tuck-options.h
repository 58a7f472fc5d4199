/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mount options that are the mount's own, not the filesystem's, as mount_setattr(2) has them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* MS_* flags of mount(2) that have a per-mount attribute. */
extern const unsigned long attributes_flags;

/* The MOUNT_ATTR_* of a new mount with these MS_* flags. */
unsigned int attributes_from_flags(unsigned long flags);

struct attribute_change {
	uint64_t set, clear;
};

/* What options change on a clone of mounts that have attributes already: first on all of them
 * ("ro=recursive"), then on the top one. */
struct attribute_changes {
	struct attribute_change tree, top;
};

/* @options: as they were written, or NULL. libmount from 2.39 on hands out others, with a "rw" that
 * nobody wrote. */
struct attribute_changes attributes_from_options(const char *options);

/* Whether @options ask for "ro=fs" or the like: not what the flags of mount(2) would do. */
bool attributes_are_split(const char *options);
