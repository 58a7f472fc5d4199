/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findmnt-columns.h: the getters of columns, for the table in findmnt-columns.c. Each gives the
 * text of a cell, which the caller frees; NULL: empty.
 */
#pragma once

struct findmnt;
struct row;

/* findmnt-columns.c */
char *column_get_source(const struct findmnt *findmnt, struct row *row);

/* findmnt-devices.c: what the device says */
char *column_get_label(const struct findmnt *findmnt, struct row *row);
char *column_get_uuid(const struct findmnt *findmnt, struct row *row);
char *column_get_partlabel(const struct findmnt *findmnt, struct row *row);
char *column_get_partuuid(const struct findmnt *findmnt, struct row *row);
char *column_get_sources(const struct findmnt *findmnt, struct row *row);

/* findmnt-df.c: how full it is */
char *column_get_size(const struct findmnt *findmnt, struct row *row);
char *column_get_available(const struct findmnt *findmnt, struct row *row);
char *column_get_used(const struct findmnt *findmnt, struct row *row);
char *column_get_used_percent(const struct findmnt *findmnt, struct row *row);
char *column_get_inodes(const struct findmnt *findmnt, struct row *row);
char *column_get_inodes_available(const struct findmnt *findmnt, struct row *row);
char *column_get_inodes_used(const struct findmnt *findmnt, struct row *row);
char *column_get_inodes_percent(const struct findmnt *findmnt, struct row *row);
