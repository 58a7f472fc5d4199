/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuck/helper.h"

#include <libmount.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

bool has_mount_helper(struct libmnt_context *context)
{
	static const char *const places[] = {"/sbin", "/sbin/fs.d", "/sbin/fs"};
	const char *type = mnt_context_get_fstype(context);
	const char *subtype;

	if (mnt_context_is_nohelpers(context) || !type)
		return false;
	subtype = strchrnul(type, '.');
	for (size_t i = 0; i < ELEMENTS(places); i++) {
		_cleanup_free_ char *path = NULL, *base_path = NULL;

		if (asprintf(&path, "%s/mount.%s", places[i], type) < 0 ||
			asprintf(&base_path, "%s/mount.%.*s", places[i], (int)(subtype - type),
				type) < 0)
			return true;
		if (access(path, F_OK) == 0 || access(base_path, F_OK) == 0)
			return true;
	}
	return false;
}
