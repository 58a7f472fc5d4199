/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * utab-lock: the lock of /run/mount/utab, which libmount takes, too.
 *
 * libmount makes the file so that every user can open it, and so hold its lock for ever. An update
 * by root must not wait for that: after five seconds it goes on without a line in utab.
 */
#pragma once

/* Take the lock. Returns a descriptor, which the caller closes to release it. -EWOULDBLOCK: another
 * process has held it for five seconds; -ENOLCK: it can't be locked; or the error of opening it. */
int utab_lock(void);

/* Wait until the lock is free, before libmount takes it, which waits without end. -EWOULDBLOCK: as
 * above. What else is wrong with the file, libmount finds out. */
int utab_await_lock(void);
