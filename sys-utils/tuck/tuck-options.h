/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a string of mount options asks for, as far as it decides how a mount is made: the per-mount
 * flags, the propagation, and the options that exclude one way or the other. The string is read
 * once, here.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* Properties of one or more options. */
enum option_kinds {
	OPTIONS_FOR_IMAGE = 1 << 0, /* only an image can have them: "loop", "offset=" ... */
	OPTIONS_FOR_BIND = 1 << 1,  /* libmount does more to a bind mount than to set its flags */
	OPTIONS_FOR_LIBMOUNT = 1 << 2, /* fsconfig(2) alone can't do what they ask for */
	OPTIONS_LONG = 1 << 3,	       /* a value is longer than fsconfig(2) takes */
	OPTIONS_TARGET_LABEL =
		1 << 4,		  /* "rootcontext=@target": libmount reads the target's label */
	OPTIONS_NO_FAIL = 1 << 5, /* "nofail" */
	OPTIONS_OF_ROOT =
		1 << 6, /* "X-mount.owner" and the like: what is done to the mount's root */
};

/* MOUNT_ATTR_* to set and to clear, as mount_setattr(2) takes them. */
struct attribute_change {
	uint64_t set, clear;
};

struct tuck_options {
	unsigned int kinds;		   /* of all options: enum option_kinds */
	struct attribute_change tree, top; /* for a clone of mounts, which have flags already: first
					    * for all of them ("ro=recursive"), then for the top */
	unsigned long propagation; /* MS_SHARED ... of mount(2); several: the options differ */
	bool is_propagation_recursive;
	char *noted; /* the options that /run/mount/utab keeps; NULL: none */
};

/* Fill in @options from @text, options as they were written, or NULL. (mnt_context_get_options() of
 * libmount 2.39 and later adds a "rw" that nobody wrote, and drops the value of "ro=vfs".) Returns
 * 0 or -ENOMEM. */
int tuck_options_read(struct tuck_options *options, const char *text);

static inline void tuck_options_clear(struct tuck_options *options)
{
	free(options->noted);
	options->noted = NULL;
}

/* Remove the propagation options from *@text, which is allocated. Returns 0 or -ENOMEM. */
int tuck_options_remove_propagation(char **text);

/* The MS_* flags of mount(2) that are per-mount flags. */
extern const unsigned long attributes_flags;

/* The MOUNT_ATTR_* of a new mount with these MS_* flags. */
unsigned int attributes_from_flags(unsigned long flags);
