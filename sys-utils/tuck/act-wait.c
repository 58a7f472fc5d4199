/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tuck/act-wait.h"

#include <err.h>
#include <libmount.h>
#include <stdint.h>
#include <string.h>

#include "cli/interrupt.h"
#include "cli/options.h"
#include "i18n.h"
#include "libmnttuck.h"
#include "tuck/act-json.h"
#include "tuck/tuck-tables.h"

enum { MS_PER_SECOND = 1000 };

void act_wait_read(struct act_wait *wait, const char *argument)
{
	unsigned long long number = 0;

	if (argument && !option_number(argument, INT32_MAX / MS_PER_SECOND, &number))
		errx(MNT_EX_USAGE, _("--wait takes a number of seconds, not \"%s\""), argument);
	*wait = (struct act_wait){.is_wanted = true, .seconds = argument ? (int)number : -1};
}

/* Whether the place says that something holds it that no table can show. */
static bool is_unseen(const struct mnttuck_place *place)
{
	return mnttuck_place_number(place, MNTTUCK_HOLD) == MNTTUCK_HOLDS_UNSEEN;
}

/* What holds a filesystem is printed as a table, and what can't be seen is said. */
static void report_holders(const struct mnttuck *tuck, const char *target, struct act_json *json)
{
	const struct mnttuck_place *place = NULL;

	warnx(_("%s: revealed, but the old filesystem is still in use"), target);
	if (json)
		act_json_holders(json, tuck);
	else
		print_holders(tuck);
	while ((place = mnttuck_next_place(tuck, place)))
		if (is_unseen(place))
			warnx(_("%s: it is held where no process shows it: by a process that may "
				"not be "
				"looked at, an overlay that has it as a layer, a loop device on "
				"one of its "
				"files, a swap file, or a socket"),
				target);
}

int act_wait_until_gone(const struct act_wait *wait, struct mnttuck *tuck, const char *target,
	int prepared, struct act_json *json)
{
	int r = prepared;

	/* All is done; a signal ends the wait. */
	interrupts_allow();
	if (r == 0)
		r = mnttuck_wait(tuck, wait->seconds < 0 ? -1 : wait->seconds * MS_PER_SECOND);
	if (r == 0)
		return MNT_EX_SUCCESS;
	if (r > 0)
		report_holders(tuck, target, json);
	else
		warnx(_("%s: revealed, but it can't be known whether the old filesystem is gone: "
			"%s"),
			target, strerror(-r));
	return MNT_EX_SOMEOK;
}
