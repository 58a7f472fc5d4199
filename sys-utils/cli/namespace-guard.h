/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A signal ends mount and umount also while they wait for a file of another mount namespace. */
#pragma once

/* Go on in a child process. The caller's process waits for the child and ends as the child does. It
 * passes SIGINT, SIGTERM and SIGHUP on to the child, and if the child has not ended three seconds
 * later, kills it. The first call in a process does this, and later calls do nothing. Ends the
 * program with a message if there can't be a child. */
void namespace_guard(void);
