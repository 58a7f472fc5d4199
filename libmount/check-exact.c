/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The check whether a reveal that is to be exact can be (detach-exact.h). For any other one it says
 * which mounts the unmount takes.
 */
#include <errno.h>
#include <string.h>

#include "checks.h"
#include "facts.h"
#include "findings.h"
#include "i18n.h"
#include "wish.h"

/* Clauses that follow a colon. */
static const char *const reasons[] = {
	[EXACT_NOT_SHARED] = N_("the mount beneath is not shared"),
	[EXACT_IN_GROUP] = N_("the top mount and the mount beneath are in one peer group"),
	[EXACT_UNBINDABLE] = N_("the top mount is unbindable"),
	[EXACT_WITH_MOUNTS] = N_("mounts on the top mount go with it"),
	[EXACT_NO_PATH] = N_("no path is known that leads to the top mount"),
	[EXACT_OLD_KERNEL] = N_("the kernel can't do it: 5.15 can after a tuck, 6.18 always"),
};

int check_reveal_exact(struct facts *facts, struct finding *finding)
{
	const struct effects *effects;
	enum exactness exactness;
	int r;

	if (!(facts->wish->operations & MNTTUCK_EXACT)) {
		finding_detail(finding, "%s",
			_("the unmount takes the mount that is on top by then, with the mounts on "
			  "it"));
		return MNTTUCK_OK;
	}
	r = facts_effects(facts, &effects);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		finding_detail(
			finding, _("what the unmount would take can't be known: %s"), strerror(-r));
		return MNTTUCK_REFUSED;
	}
	exactness = facts_exactness(facts);
	if (exactness == EXACT_POSSIBLE) {
		finding_detail(finding, "%s",
			_("the unmount takes this top mount and no other, whatever others mount "
			  "there meanwhile"));
		return MNTTUCK_OK;
	}
	finding_detail(finding,
		_("another mount could be unmounted in place of the top mount, or with it: %s"),
		_(reasons[exactness]));
	return MNTTUCK_REFUSED;
}
