/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "findmnt.h"
int findmnt_verify(const struct findmnt *findmnt)
{
	(void)findmnt;
	return 1;
}
