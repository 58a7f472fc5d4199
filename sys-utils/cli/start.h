/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How mount(8) and umount(8) start, and how they end when memory is short. */
#pragma once

#include <libmount/libmount.h>

#include "commands.h"

/* Prepare locale, standard output, the names in commands, and libmount. Returns libmount's context.
 */
struct libmnt_context *program_start(enum command_program program, char **argv);

/* Print an error message, and end the program with status 2. */
_Noreturn void out_of_memory(void);
