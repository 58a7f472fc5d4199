/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The staging namespace: stage.h tells what it is for and who is who. */
#pragma once

struct libmnt_context;
struct stage;

/* Let libmount mount the prepared @context in a copy of this namespace, at @target (NULL: at any
 * directory), and fill @stage with the tree or with what went wrong. After a success the signals
 * that interrupt stay blocked: the next thing is to attach. */
void stage_in_namespace(struct libmnt_context *context, const char *target, struct stage *stage);

/* Give up: for a signal handler. */
void stage_namespace_interrupt(void);
