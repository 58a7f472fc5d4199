/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The columns about how full a filesystem is, from statvfs(3), which is called once for a row.
 */
#include <libmount.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "findmnt/column-getters.h"
#include "findmnt/request.h"
#include "findmnt/row.h"
#include "util.h"

static const struct statvfs *usage_of(struct output_row *row)
{
	if (row->usage_state == USAGE_UNREAD) {
		const char *target = row->label ?: mnt_fs_get_target(row->fs);
		bool read = target && statvfs(target, &row->usage) == 0;

		row->usage_state = read ? USAGE_READ : USAGE_FAILED;
	}
	return row->usage_state == USAGE_READ ? &row->usage : NULL;
}

/* 1536 -> "1.5K": units of 1024, one decimal, none where it would be 0. */
static char *human_size(uint64_t bytes)
{
	static const char units[] = "BKMGTPE";
	unsigned int unit = 0;
	uint64_t whole, tenths = 0;
	char *text;

	while (unit < strlen(units) - 1 && bytes >> (10 * (unit + 1)))
		unit++;
	whole = bytes >> (10 * unit);
	if (unit) {
		uint64_t one = 1ULL << (10 * unit), rest = bytes & (one - 1);

		tenths = (rest * 10 + one / 2) / one;
		if (tenths == 10) {
			whole++;
			tenths = 0;
		}
	}
	if (!unit)
		return asprintf(&text, whole ? "%lluB" : "%llu", (unsigned long long)whole) < 0
			       ? NULL
			       : text;
	if (tenths)
		return asprintf(&text, "%llu.%llu%c", (unsigned long long)whole,
			       (unsigned long long)tenths, units[unit]) < 0
			       ? NULL
			       : text;
	return asprintf(&text, "%llu%c", (unsigned long long)whole, units[unit]) < 0 ? NULL : text;
}

static char *size_text(const struct look *look, uint64_t bytes)
{
	return look->bytes ? cell_number((long long)bytes) : human_size(bytes);
}

static char *percent(uint64_t part, uint64_t whole)
{
	char *text;

	if (!whole)
		return strdup("-");
	return asprintf(&text, "%.0f%%", (double)part / (double)whole * 100) < 0 ? NULL : text;
}

char *column_get_size(const struct look *look, struct output_row *row)
{
	const struct statvfs *usage = usage_of(row);

	return usage ? size_text(look, usage->f_frsize * usage->f_blocks) : NULL;
}

char *column_get_available(const struct look *look, struct output_row *row)
{
	const struct statvfs *usage = usage_of(row);

	return usage ? size_text(look, usage->f_frsize * usage->f_bavail) : NULL;
}

char *column_get_used(const struct look *look, struct output_row *row)
{
	const struct statvfs *usage = usage_of(row);

	return usage ? size_text(look, usage->f_frsize * (usage->f_blocks - usage->f_bfree)) : NULL;
}

char *column_get_used_percent(const struct look *look, struct output_row *row)
{
	const struct statvfs *usage = usage_of(row);

	(void)look;
	return usage ? percent(usage->f_blocks - usage->f_bfree, usage->f_blocks) : NULL;
}

char *column_get_inodes(const struct look *look, struct output_row *row)
{
	const struct statvfs *usage = usage_of(row);

	(void)look;
	return usage ? cell_number((long long)usage->f_files) : NULL;
}

char *column_get_inodes_available(const struct look *look, struct output_row *row)
{
	const struct statvfs *usage = usage_of(row);

	(void)look;
	return usage ? cell_number((long long)usage->f_ffree) : NULL;
}

char *column_get_inodes_used(const struct look *look, struct output_row *row)
{
	const struct statvfs *usage = usage_of(row);

	(void)look;
	return usage ? cell_number((long long)(usage->f_files - usage->f_ffree)) : NULL;
}

char *column_get_inodes_percent(const struct look *look, struct output_row *row)
{
	const struct statvfs *usage = usage_of(row);

	(void)look;
	return usage ? percent(usage->f_files - usage->f_ffree, usage->f_files) : NULL;
}
