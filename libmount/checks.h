/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * checks: one function for each rule, in the files check-*.c.
 *
 * Returns an enum mnttuck_verdict, and sets the finding's detail and remedy; or -ENOMEM.
 */
#pragma once

struct facts;
struct finding;

/* check-kernel.c */
int check_kernel_support(struct facts *facts, struct finding *finding);

/* check-target.c */
int check_caller_capable(struct facts *facts, struct finding *finding);
int check_target_mounted(struct facts *facts, struct finding *finding);
int check_target_namespace(struct facts *facts, struct finding *finding);
int check_target_root(struct facts *facts, struct finding *finding);
int check_parent_propagates(struct facts *facts, struct finding *finding);
int check_receiver_propagates(struct facts *facts, struct finding *finding);
int check_mount_limit(struct facts *facts, struct finding *finding);

/* check-source.c */
int check_source_namespace(struct facts *facts, struct finding *finding);
int check_source_deleted(struct facts *facts, struct finding *finding);
int check_source_kind(struct facts *facts, struct finding *finding);
int check_source_loop(struct facts *facts, struct finding *finding);
int check_source_private(struct facts *facts, struct finding *finding);
int check_source_detachable(struct facts *facts, struct finding *finding);
int check_source_uncovered(struct facts *facts, struct finding *finding);
int check_source_bindable(struct facts *facts, struct finding *finding);

/* check-locked.c */
int check_target_locked(struct facts *facts, struct finding *finding);
int check_source_locked(struct facts *facts, struct finding *finding);

/* check-carry.c */
int check_carry_bindable(struct facts *facts, struct finding *finding);
int check_carry_place(struct facts *facts, struct finding *finding);

/* check-reveal.c */
int check_reveal_beneath(struct facts *facts, struct finding *finding);
int check_reveal_automount(struct facts *facts, struct finding *finding);
int check_reveal_propagates(struct facts *facts, struct finding *finding);
int check_reveal_children(struct facts *facts, struct finding *finding);
int check_reveal_incomplete(struct facts *facts, struct finding *finding);

/* check-beneath.c */
int check_beneath_none(struct facts *facts, struct finding *finding);
int check_beneath_shown(struct facts *facts, struct finding *finding);
/* The part of check_kernel_support() about an unmount beneath the top mount. */
int check_beneath_support(struct facts *facts, struct finding *finding);

/* check-passage.c: MNTTUCK_REFUSED for an obstacle (passage.h), with the reason in a clause that
 * the caller frees; @finding gets a remedy, if there is one. @obstacle may be -errno. */
struct mount;
int check_passage(int obstacle, struct mount *parent, struct finding *finding, char **clause);

/* check-exact.c */
int check_reveal_exact(struct facts *facts, struct finding *finding);

/* check-answers.c */
int check_reveal_answers(struct facts *facts, struct finding *finding);
