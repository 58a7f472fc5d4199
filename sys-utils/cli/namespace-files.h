/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of another mount namespace that libmount and this project read there. */
#pragma once

/* Check that none of them can make a reader wait for ever: that they are regular files, or missing,
 * and /proc is a proc filesystem. @mntns: the namespace's descriptor, @name: as the user named it.
 * Returns 0, or -1 after a message. */
int namespace_check_files(int mntns, const char *name);
