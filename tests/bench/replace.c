/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench-replace [-w] SOURCE TARGET...: replace what is mounted at each TARGET by a clone of SOURCE,
 * as a program does that updates several places: check all, tuck all, reveal all. With -w they
 * share what is read of the mount namespaces. */
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "libmnttuck.h"

enum { MOST = 16 };

static int prepare(
	struct mnttuck **tuck, struct mnttuck_world *world, const char *source, const char *target)
{
	int r = mnttuck_new(tuck);

	if (r == 0)
		r = mnttuck_set_world(*tuck, world);
	if (r == 0)
		r = mnttuck_set_operations(*tuck, MNTTUCK_TUCK | MNTTUCK_REVEAL);
	if (r == 0)
		r = mnttuck_set_target(*tuck, AT_FDCWD, target);
	if (r == 0)
		r = mnttuck_set_source(*tuck, AT_FDCWD, source, MNTTUCK_BIND);
	return r;
}

int main(int argc, char **argv)
{
	static int (*const steps[])(struct mnttuck *) = {
		mnttuck_check, mnttuck_attach, mnttuck_reveal};
	bool is_shared = argc > 1 && strcmp(argv[1], "-w") == 0;
	struct mnttuck *tucks[MOST] = {NULL};
	struct mnttuck_world *world = NULL;
	int count = argc - is_shared - 2, r = 0;

	argv += is_shared;
	if (count < 1 || count > MOST)
		return 1;
	if (is_shared)
		r = mnttuck_world_new(&world);
	for (int i = 0; i < count && r == 0; i++)
		r = prepare(&tucks[i], world, argv[1], argv[2 + i]);
	for (size_t step = 0; step < sizeof(steps) / sizeof(*steps); step++)
		for (int i = 0; i < count && r == 0; i++)
			r = steps[step](tucks[i]);
	for (int i = 0; i < count; i++)
		mnttuck_free(tucks[i]);
	mnttuck_world_free(world);
	return r != 0;
}
