/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "i18n.h"
#include "util.h"

/* In the order of checking: a rule may rely on the ones before it having passed. */
const struct rule rules[] = {
	{"caller-capable", N_("a caller without CAP_SYS_ADMIN over its mount namespace"),
		ABOUT_CALLER, OF_BOTH, false, SCOPE_KERNEL, -EPERM, check_caller_capable},
	{"target-mounted", N_("a target that is no mount's root, or no longer attached"),
		ABOUT_TARGET, OF_BOTH, false, SCOPE_KERNEL, -EINVAL, check_target_mounted},
	{"target-namespace", N_("a target in another mount namespace"), ABOUT_TARGET, OF_BOTH,
		false, SCOPE_KERNEL, -EINVAL, check_target_namespace},
	{"target-root", N_("the root directory of the caller, or a mount on the namespace's root"),
		ABOUT_TARGET, OF_TUCK, false, SCOPE_KERNEL_TRIED, -EINVAL, check_target_root},
	{"target-locked", N_("a top mount that the caller could not unmount"), ABOUT_TARGET,
		OF_BOTH, false, SCOPE_KERNEL_TRIED, -EINVAL, check_target_locked},
	{"source-namespace", N_("a source in another mount namespace"), ABOUT_SOURCE, OF_TUCK,
		false, SCOPE_KERNEL, -EINVAL, check_source_namespace},
	{"source-kind", N_("a file for a directory, or a directory for a file"), ABOUT_SOURCE,
		OF_TUCK, false, SCOPE_KERNEL, -EINVAL, check_source_kind},
	{"source-uncovered", N_("a moved mount that something is mounted on, over all of it"),
		ABOUT_SOURCE, OF_TUCK, true, SCOPE_KERNEL, -EINVAL, check_source_uncovered},
	{"source-loop", N_("a moved mount that is the target, or above or below it"), ABOUT_SOURCE,
		OF_TUCK, false, SCOPE_KERNEL, -EINVAL, check_source_loop},
	{"source-detachable",
		N_("a moved mount whose parent is shared, or that is locked, or the root"),
		ABOUT_SOURCE, OF_TUCK, false, SCOPE_KERNEL, -EINVAL, check_source_detachable},
	{"parent-propagates",
		N_("a parent that passes mounts on to the top mount or to the moved one, at that "
		   "place"),
		ABOUT_TARGET, OF_TUCK, false, SCOPE_KERNEL, -EINVAL, check_parent_propagates},
	{"source-private", N_("a moved mount that is shared or a slave"), ABOUT_SOURCE, OF_TUCK,
		false, SCOPE_STRICT, -EINVAL, check_source_private},
	{"source-bindable", N_("an unbindable source, or locked mounts below a source"),
		ABOUT_SOURCE, OF_TUCK, false, SCOPE_KERNEL, -EINVAL, check_source_bindable},
	{"receiver-propagates",
		N_("a namespace in which the new mount would land on top of what is mounted there"),
		ABOUT_TARGET, OF_TUCK, false, SCOPE_STRICT, -EINVAL, check_receiver_propagates},
	{"kernel-support", N_("a kernel without a way to attach a mount beneath this one"),
		ABOUT_CALLER, OF_BOTH, false, SCOPE_KERNEL, -ENOSYS, check_kernel_support},
	{"mount-limit", N_("more mounts than fs.mount-max in some namespace"), ABOUT_TARGET,
		OF_TUCK, true, SCOPE_KERNEL, -ENOSPC, check_mount_limit},
	{"reveal-beneath", N_("a top mount with nothing beneath it at its path"), ABOUT_TARGET,
		OF_REVEAL, false, SCOPE_KERNEL, -EINVAL, check_reveal_beneath},
	{"reveal-propagates", N_("an unmount that would take another mount of the same stack, too"),
		ABOUT_TARGET, OF_REVEAL, false, SCOPE_KERNEL, -EINVAL, check_reveal_propagates},
	{"reveal-children", N_("a top mount with mounts on it, which would be lost"), ABOUT_TARGET,
		OF_REVEAL, false, SCOPE_KERNEL, -EINVAL, check_reveal_children},
	{"reveal-incomplete",
		N_("a namespace that receives from here and would be left on the old version"),
		ABOUT_TARGET, OF_REVEAL, false, SCOPE_KERNEL, -EINVAL, check_reveal_incomplete},
};

const size_t rules_count = ELEMENTS(rules);

static char *format_string(const char *format, va_list arguments)
{
	char *string = NULL;

	return vasprintf(&string, format, arguments) < 0 ? NULL : string;
}

void finding_detail(struct finding *finding, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	free(finding->detail);
	finding->detail = format_string(format, arguments);
	va_end(arguments);
}

void finding_remedy(struct finding *finding, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	free(finding->remedy);
	finding->remedy = format_string(format, arguments);
	va_end(arguments);
}

/* Whether it makes sense to ask @rule now; else the verdict. */
static bool rule_applies(struct mnttuck *tuck, const struct rule *rule, enum rules_depth depth,
	bool target_known, enum mnttuck_verdict *verdict)
{
	/* One of an act that has been done. */
	*verdict = MNTTUCK_OK;
	if (!(rule->act & operation_acts(tuck)))
		return false;
	/* What is not set yet can't be known. */
	*verdict = MNTTUCK_UNCHECKED;
	if ((rule->about != ABOUT_CALLER && !tuck->target.path) ||
		(rule->about == ABOUT_SOURCE && tuck->kind == SOURCE_NONE))
		return false;
	*verdict = MNTTUCK_NOT_APPLICABLE;
	if (rule->scope == SCOPE_STRICT && tuck->rules != MNTTUCK_STRICT)
		return false;
	if (!target_known && rule->about != ABOUT_CALLER)
		return false;
	*verdict = MNTTUCK_UNCHECKED;
	if (rule->act == OF_REVEAL)
		return true;
	if (operation_way(tuck) == ATTACH_BY_PROPAGATION && rule->error == -EINVAL)
		/* What arrives by propagation the kernel does not look at as it does by the flag.
		 */
		return true;
	if (rule->scope == SCOPE_KERNEL_TRIED && tuck->rules != MNTTUCK_STRICT &&
		!tuck->kernel_error)
		return false;
	return depth == RULES_ALL || !rule->is_late;
}

static void rules_refuse(struct mnttuck *tuck, const struct rule *rule, struct finding *finding)
{
	const struct located *object = rule->about == ABOUT_SOURCE ? &tuck->source : &tuck->target;

	tuck->is_refused = true;
	tuck->message = steal_pointer(&finding->detail);
	tuck->remedy = steal_pointer(&finding->remedy);
	tuck->refusal = (struct mnttuck_refusal){
		.rule = rule->id,
		.object = object->path,
		.message = tuck->message ?: _(rule->refuses),
		.remedy = tuck->remedy,
		.error = rule->error,
	};
}

/* The acts that the report is about, also one that has been done. */
static bool is_asked(const struct mnttuck *tuck, const struct rule *rule)
{
	return (rule->act & OF_TUCK && tuck->operations & MNTTUCK_TUCK) ||
	       (rule->act & OF_REVEAL && tuck->operations & MNTTUCK_REVEAL);
}

static int rules_begin(struct mnttuck *tuck)
{
	/* The outlook left the snapshots as they would be. */
	if (tuck->is_foreseen)
		operation_forget(tuck);
	if (!tuck->checks)
		tuck->checks = calloc(rules_count, sizeof(*tuck->checks));
	if (!tuck->details)
		tuck->details = calloc(rules_count, sizeof(*tuck->details));
	if (!tuck->checks || !tuck->details)
		return -ENOMEM;
	tuck->checks_count = 0;
	for (size_t i = 0; i < rules_count; i++) {
		free(steal_pointer(&tuck->details[i]));
		if (is_asked(tuck, &rules[i]))
			tuck->checks[tuck->checks_count++] = (struct mnttuck_check){
				.rule = rules[i].id,
				.refuses = _(rules[i].refuses),
				.verdict = MNTTUCK_UNCHECKED,
			};
	}
	tuck->is_refused = false;
	free(steal_pointer(&tuck->message));
	free(steal_pointer(&tuck->remedy));
	return 0;
}

/* Check one rule, and note what was found. A rule that can't be checked is let pass; for want of
 * memory it is not. */
static int rule_check(struct mnttuck *tuck, size_t index, struct mnttuck_check *check)
{
	struct finding finding = {0};
	int error = errno, r;

	errno = 0;
	check->verdict = rules[index].check(tuck, &finding);
	if (finding.detail)
		tuck->details[index] = strdup(finding.detail);
	check->detail = tuck->details[index];
	r = errno == ENOMEM && (check->verdict != MNTTUCK_REFUSED || !finding.detail) ? -ENOMEM : 0;
	if (r == 0 && check->verdict == MNTTUCK_REFUSED && !tuck->is_refused)
		rules_refuse(tuck, &rules[index], &finding);
	errno = error;
	free(finding.detail);
	free(finding.remedy);
	return r;
}

static int check_once(struct mnttuck *tuck, enum rules_depth depth)
{
	struct mnttuck_check *check;
	bool target_known = true;
	int r;

	r = rules_begin(tuck);
	if (r < 0)
		return r;
	check = tuck->checks;
	for (size_t i = 0; i < rules_count; i++) {
		if (!is_asked(tuck, &rules[i]))
			continue;
		if (rule_applies(tuck, &rules[i], depth, target_known, &check->verdict)) {
			r = rule_check(tuck, i, check);
			if (r < 0)
				return r;
			/* Without a top mount in this namespace the rest has nothing to look at. */
			if (rules[i].about != ABOUT_CALLER && check->verdict != MNTTUCK_OK)
				target_known = tuck->target.mount;
		}
		if (tuck->is_refused && depth == RULES_FIRST)
			break;
		check++;
	}
	if (!tuck->is_refused && tuck->namespaces_error == -ENOMEM)
		return -ENOMEM;
	return tuck->is_refused ? tuck->refusal.error : 0;
}

/* Namespaces are read one after the other, and some live for a moment only. So what comes of that
 * counts if the target has stayed where it was meanwhile, and a refusal if it is found twice. Where
 * it never stays, the last word stands. */
int rules_check(struct mnttuck *tuck, enum rules_depth depth)
{
	const char *refused_by = NULL;
	int r = check_once(tuck, depth);

	for (int tries = 0; tries < 20 && r != -ENOMEM && tuck->namespaces; tries++) {
		const char *rule = tuck->is_refused ? tuck->refusal.rule : NULL;

		if (!operation_is_steady(tuck))
			refused_by = NULL;
		else if (!rule || rule == refused_by)
			break;
		else
			refused_by = rule;
		operation_forget(tuck);
		r = check_once(tuck, depth);
	}
	return r;
}

void rules_accept(struct mnttuck *tuck)
{
	struct mnttuck_check *check = tuck->checks;

	for (size_t i = 0; i < rules_count; i++) {
		if (!is_asked(tuck, &rules[i]))
			continue;
		if (check->verdict == MNTTUCK_UNCHECKED && rules[i].scope != SCOPE_STRICT)
			check->verdict = MNTTUCK_OK;
		check++;
	}
}
