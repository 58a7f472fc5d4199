/* SPDX-License-Identifier: GPL-2.0-or-later */
/* X-mount.subdir: one directory of a filesystem as a detached tree. */
#pragma once

struct staged;

/* For a job: clone what is mounted at @target with all that is below, or @subdirectory of it alone
 * unless that is NULL. @answer notes whether the filesystem lacks the directory. Returns the
 * tree's descriptor, which the caller closes, or -errno. */
int clone_subdirectory(const char *target, const char *subdirectory, struct staged *answer);

/* Clone @subdirectory of the detached @tree: attach the tree to @target in a copy of this
 * namespace, which ends then. */
void stage_cut_subdirectory(
	int tree, const char *target, const char *subdirectory, struct staged *staged);
