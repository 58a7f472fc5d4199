/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --uniq: one mount for each path. */
#pragma once

struct tables;

/* Mark mounts as dropped if a later one has the same path; the children of a dropped mount become
 * its parent's. Ends the program if there is no memory. */
void unique_drop_repeated(struct tables *tables);
