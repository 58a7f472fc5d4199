/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * end: errors of writing to standard output and standard error. A program that could not write its
 * answer or its messages must not end with status 0.
 */
#pragma once

/* From now on, exit() ends with status 1 if standard output could not be written. */
void check_output_at_exit(void);
