/* SPDX-License-Identifier: GPL-2.0-or-later */
/* command: one command of mount(8), done by system calls, and noted for the story of a case. */
#pragma once

struct world;

/* Mount, or change a mount's propagation: mount(2), noted as what mount(8) is told. 0 or -errno. */
int command_mount(struct world *world, const char *source, const char *target, unsigned long flags);
/* A new tmpfs on @target. */
int command_new(struct world *world, const char *target);
/* mount --set-group=@name @target. @group: a descriptor of the mount that @name leads to. 0 or
 * -errno. */
int command_join(struct world *world, int group, const char *name, const char *target);
/* umount --lazy, which may leave slaves without a master. */
int command_unmount(struct world *world, const char *target);
