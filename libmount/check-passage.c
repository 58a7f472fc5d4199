/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What keeps a mount or an unmount from arriving by propagation, in words. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "checks.h"
#include "findings.h"
#include "i18n.h"
#include "passage.h"
#include "snapshot.h"
#include "util.h"
#include "words.h"

/* The parent is unbindable. */
static int remedy_clones(struct finding *finding, const char *parent)
{
	_cleanup_free_ char *quoted = shell_quote(parent);

	if (!quoted)
		return -ENOMEM;
	finding_remedy(finding, _("Allow clones:"));
	finding_command(finding, "{mount here} --make-private %s", quoted);
	return 0;
}

int check_passage(int obstacle, struct mount *parent, struct finding *finding, char **clause)
{
	const char *path = mount_target(parent) ?: _("(above the root directory)");
	int n = 0;

	*clause = NULL;
	switch (obstacle) {
	case PASSAGE_NO_OBSTACLE:
		return MNTTUCK_OK;
	case PASSAGE_PARENT_COVERED:
		n = asprintf(clause, "%s",
			_("the mount beneath is covered at the same path, and not shared"));
		break;
	case PASSAGE_PARENT_NOT_CLONED:
		if (mount_target(parent) && remedy_clones(finding, path) < 0)
			return -ENOMEM;
		n = asprintf(clause, _("%s, the parent, is unbindable and can't be cloned"), path);
		break;
	case PASSAGE_ROOT_NOT_REACHED:
		n = asprintf(clause, _("%s, the parent, can't be reached at its root"), path);
		break;
	case PASSAGE_NAMESPACE_NOT_ENTERED:
		n = asprintf(clause, "%s",
			_("the way out of the chroot, to the parent, needs CAP_SYS_CHROOT"));
		break;
	default:
		return obstacle == -ENOMEM ? obstacle : MNTTUCK_UNCHECKED;
	}
	if (n >= 0)
		return MNTTUCK_REFUSED;
	*clause = NULL;
	return -ENOMEM;
}
