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
	bool recursive; /* "ro=recursive" and the like */
};

/* What the options change on a clone of a mount that has attributes already. */
struct attribute_change attributes_from_options(const char *options, unsigned long flags);
