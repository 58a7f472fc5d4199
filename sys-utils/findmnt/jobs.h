/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The jobs of findmnt, one in each file; findmnt.c chooses one. Each reads tables, adds rows to
 * @output, prints it, and returns the program's exit status.
 */
#pragma once

struct command;
struct output;

int job_list(const struct command *command, struct output *output);	 /* list.c */
int job_poll(const struct command *command, struct output *output);	 /* poll.c */
int job_verify(const struct command *command, struct output *output);	 /* verify.c */
int job_mounts(const struct command *command, struct output *output);	 /* view-mounts.c */
int job_groups(const struct command *command, struct output *output);	 /* view-groups.c */
int job_dot(const struct command *command, struct output *output);	 /* view-dot.c */
int job_receivers(const struct command *command, struct output *output); /* view-receivers.c */
int job_who(const struct command *command, struct output *output);	 /* view-who.c */
int job_tucked(const struct command *command, struct output *output);	 /* view-tucked.c */
