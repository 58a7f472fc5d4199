/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The staging namespace: stage.h tells what it is for and who is who. */
#pragma once

struct libmnt_context;
struct stage;

/* Let libmount mount the prepared @context in a private copy of this namespace, or of @namespace (a
 * descriptor, or -1), and fill @stage with the tree or with what went wrong. */
void stage_in_namespace(struct libmnt_context *context, int namespace, struct stage *stage);

/* Give up: for a signal handler. */
void stage_namespace_interrupt(void);
