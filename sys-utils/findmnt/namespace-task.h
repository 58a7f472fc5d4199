/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --task with the number of a mount namespace, as the column NS has it.
 *
 * Tables and paths of a namespace are read through a task that is in it. For a namespace without a
 * task a child enters it and sleeps until this program ends.
 */
#pragma once

#include <sys/types.h>

/* The id of a task in the mount namespace @number, as a text that stays until the program ends.
 * Ends it, after a message, if there is no such namespace. */
const char *namespace_task(ino_t number);
