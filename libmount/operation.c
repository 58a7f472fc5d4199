/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "operation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "i18n.h"
#include "libmnttuck.h"
#include "rules.h"
#include "util.h"

int mnttuck_new(struct mnttuck **ret)
{
	struct mnttuck *tuck = calloc(1, sizeof(*tuck));

	if (!tuck)
		return -ENOMEM;
	i18n_start();
	wish_init(&tuck->wish);
	tuck->source.fd = -1;
	tuck->facts.wish = &tuck->wish;
	tuck->facts.progress = &tuck->progress;
	*ret = tuck;
	return 0;
}

void mnttuck_free(struct mnttuck *tuck)
{
	if (!tuck)
		return;
	facts_free(&tuck->facts);
	if (tuck->source.fd >= 0)
		close(tuck->source.fd);
	wish_clear(&tuck->wish);
	report_clear(&tuck->report);
	places_clear(&tuck->places);
	free(tuck);
}

int mnttuck_set_rules(struct mnttuck *tuck, enum mnttuck_rules which)
{
	if (which != MNTTUCK_STRICT && which != MNTTUCK_KERNEL)
		return -EINVAL;
	tuck->wish.rules = which;
	return 0;
}

int mnttuck_set_operations(struct mnttuck *tuck, unsigned int operations)
{
	const unsigned int both = MNTTUCK_TUCK | MNTTUCK_REVEAL;

	if (!(operations & both) || operations & ~(both | MNTTUCK_FORCE))
		return -EINVAL;
	tuck->wish.operations = operations;
	return 0;
}

/* Open the file that @operand names, and identify its mount. */
static int open_operand(struct operand *operand, int dirfd, const char *path)
{
	operand->fd = kernel_open_path(dirfd, path);
	return operand->fd < 0
		       ? operand->fd
		       : kernel_identify(operand->fd, "", AT_EMPTY_PATH, &operand->identity);
}

int mnttuck_set_target(struct mnttuck *tuck, int dirfd, const char *path)
{
	struct operand *target = &tuck->wish.target;
	int r;

	if (target->path)
		return -EBUSY;
	r = operand_name(target, path);
	if (r < 0)
		return r;
	target->error = open_operand(target, dirfd, path);
	return 0;
}

int mnttuck_set_source(struct mnttuck *tuck, int dirfd, const char *path, enum mnttuck_source how)
{
	static const enum source_kind kinds[] = {
		[MNTTUCK_BIND] = SOURCE_BIND,
		[MNTTUCK_RBIND] = SOURCE_RBIND,
		[MNTTUCK_MOVE] = SOURCE_MOVE,
	};
	struct operand *source = &tuck->wish.source;
	int r;

	if ((size_t)how >= ELEMENTS(kinds))
		return -EINVAL;
	if (tuck->wish.kind != SOURCE_NONE)
		return -EBUSY;
	r = operand_name(source, path);
	if (r == 0)
		r = open_operand(source, dirfd, path);
	if (r < 0) {
		operand_clear(source);
		return r;
	}
	tuck->wish.kind = kinds[how];
	return 0;
}

int mnttuck_set_source_tree(struct mnttuck *tuck, int fd, const char *name)
{
	struct operand *source = &tuck->wish.source;
	_cleanup_close_ int tree = -1;
	int r;

	if (tuck->wish.kind != SOURCE_NONE)
		return -EBUSY;
	tree = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (tree < 0)
		return -errno;
	r = operand_name(source, name ?: _("the source"));
	if (r == 0)
		r = kernel_identify(tree, "", AT_EMPTY_PATH, &source->identity);
	if (r < 0) {
		operand_clear(source);
		return r;
	}
	source->fd = fcntl(tree, F_DUPFD_CLOEXEC, 0);
	if (source->fd < 0) {
		r = -errno;
		operand_clear(source);
		return r;
	}
	tuck->source.fd = steal_fd(&tree);
	tuck->wish.kind = SOURCE_TREE;
	return 0;
}

int mnttuck_set_attributes(struct mnttuck *tuck, uint64_t set, uint64_t clear, int recursive)
{
	struct wish *wish = &tuck->wish;

	*(recursive ? &wish->tree_attributes : &wish->attributes) = (struct attributes){set, clear};
	return 0;
}

int mnttuck_set_propagation(struct mnttuck *tuck, unsigned long propagation, int recursive)
{
	switch (propagation) {
	case 0:
	case MS_SHARED:
	case MS_SLAVE:
	case MS_PRIVATE:
	case MS_UNBINDABLE:
		tuck->wish.propagation = propagation;
		tuck->wish.propagation_is_recursive = recursive;
		return 0;
	default:
		return -EINVAL;
	}
}

int mnttuck_check(struct mnttuck *tuck)
{
	return rules_check(&tuck->facts, &tuck->report, RULES_FIRST);
}

int mnttuck_explain(struct mnttuck *tuck)
{
	return rules_check(&tuck->facts, &tuck->report, RULES_ALL);
}

int mnttuck_plan(struct mnttuck *tuck)
{
	struct facts *facts = &tuck->facts;
	int r;

	if (!tuck->wish.target.path)
		return -EINVAL;
	facts_free(facts);
	facts->wants_names = true;
	r = facts_read_target(facts);
	r = r < 0 ? r : places_make(&tuck->places, facts);
	if (r < 0)
		places_clear(&tuck->places);
	facts_free(facts);
	return r;
}

size_t mnttuck_get_places(const struct mnttuck *tuck, const struct mnttuck_place **places)
{
	*places = tuck->places.list;
	return tuck->places.count;
}

const struct mnttuck_refusal *mnttuck_get_refusal(const struct mnttuck *tuck)
{
	return tuck->report.is_refused ? &tuck->report.refusal : NULL;
}

size_t mnttuck_get_checks(const struct mnttuck *tuck, const struct mnttuck_check **checks)
{
	*checks = tuck->report.checks;
	return tuck->report.count;
}

int mnttuck_is_attached(const struct mnttuck *tuck)
{
	return tuck->progress.is_attached;
}

int mnttuck_is_revealed(const struct mnttuck *tuck)
{
	return tuck->progress.is_revealed;
}

enum mnttuck_way mnttuck_get_way(const struct mnttuck *tuck)
{
	if (!tuck->progress.is_attached)
		return MNTTUCK_NOT_ATTACHED;
	return tuck->progress.way == ATTACH_BY_PROPAGATION ? MNTTUCK_BY_PROPAGATION
							   : MNTTUCK_BY_FLAG;
}

const char *mnttuck_get_outcome(const struct mnttuck *tuck)
{
	return tuck->report.outcome;
}

int mnttuck_get_mount_id(const struct mnttuck *tuck, uint64_t *unique_id, int *mountinfo_id)
{
	if (!tuck->progress.is_attached)
		return -ENOENT;
	if (unique_id)
		*unique_id = tuck->progress.attached.unique_id;
	if (mountinfo_id)
		*mountinfo_id = tuck->progress.attached.short_id;
	return 0;
}
