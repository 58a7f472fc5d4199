/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the targets of tests/fuzz/run share: what must hold of anything that a snapshot was made of.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct snapshot;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the run: the input is kept, and tests/fuzz/run fails. */
void must(bool holds);

/* Each mount is reached once from the tops, by children and siblings; the way up ends; an index
 * finds what was put into it; receivers are found. */
void fuzz_walk(struct snapshot *snapshot);

/* Plan a tuck beneath a mount, then the unmount of it; both leave a tree. @pick: which mount. */
void fuzz_play(struct snapshot *snapshot, size_t pick);
