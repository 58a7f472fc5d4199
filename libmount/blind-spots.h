/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * blind-spots: what of the mount namespaces could not be seen.
 *
 * A rule about other namespaces is only as good as the view of them. Where a namespace could not be
 * found, or not be read, or only in part, such a rule is not "ok" but "unchecked".
 */
#pragma once

struct facts;
struct finding;

/* Describe what could not be seen in a clause that the caller frees. NULL: all was seen. -ENOMEM.
 */
int blind_spots_describe(struct facts *facts, char **ret);

/* The verdict of a rule about other namespaces that has found nothing: MNTTUCK_OK, or
 * MNTTUCK_UNCHECKED with what could not be seen as the detail. -ENOMEM. */
int blind_spots_verdict(struct facts *facts, struct finding *finding);
