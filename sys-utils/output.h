/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Standard output's last errors. */
#pragma once

/* From now on, exit() fails if what was printed could not be written. */
void check_output_at_exit(void);
