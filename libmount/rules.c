/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operation.h"
#include "util.h"

/* In the order of checking: a rule may rely on the ones before it having passed. */
const struct rule rules[] = {
	{"caller-capable", "a caller without CAP_SYS_ADMIN over its mount namespace", ABOUT_CALLER,
		false, SCOPE_KERNEL, -EPERM, check_caller_capable},
	{"target-mounted", "a target that is no mount's root, or no longer attached", ABOUT_TARGET,
		false, SCOPE_KERNEL, -EINVAL, check_target_mounted},
	{"target-namespace", "a target in another mount namespace", ABOUT_TARGET, false,
		SCOPE_KERNEL, -EINVAL, check_target_namespace},
	{"target-root", "the root directory of the caller, or a mount on the namespace's root",
		ABOUT_TARGET, false, SCOPE_KERNEL_TRIED, -EINVAL, check_target_root},
	{"target-locked", "a top mount that the caller could not unmount", ABOUT_TARGET, false,
		SCOPE_KERNEL_TRIED, -EINVAL, check_target_locked},
	{"source-namespace", "a source in another mount namespace", ABOUT_SOURCE, false,
		SCOPE_KERNEL, -EINVAL, check_source_namespace},
	{"source-kind", "a file for a directory, or a directory for a file", ABOUT_SOURCE, false,
		SCOPE_KERNEL, -EINVAL, check_source_kind},
	{"source-uncovered", "a moved mount that something is mounted on, over all of it",
		ABOUT_SOURCE, true, SCOPE_KERNEL, -EINVAL, check_source_uncovered},
	{"source-loop", "a moved mount that is the target, or above or below it", ABOUT_SOURCE,
		false, SCOPE_KERNEL, -EINVAL, check_source_loop},
	{"source-detachable",
		"a moved mount whose parent is shared, or that is locked, or the root",
		ABOUT_SOURCE, false, SCOPE_KERNEL, -EINVAL, check_source_detachable},
	{"parent-propagates",
		"a parent that passes mounts on to the top mount or to the moved one, at that "
		"place",
		ABOUT_TARGET, false, SCOPE_KERNEL, -EINVAL, check_parent_propagates},
	{"source-private", "a moved mount that is shared or a slave", ABOUT_SOURCE, false,
		SCOPE_STRICT, -EINVAL, check_source_private},
	{"source-bindable", "an unbindable source, or locked mounts below a source", ABOUT_SOURCE,
		false, SCOPE_KERNEL, -EINVAL, check_source_bindable},
	{"receiver-propagates",
		"a namespace in which the new mount would land on top of what is mounted there",
		ABOUT_TARGET, false, SCOPE_STRICT, -EINVAL, check_receiver_propagates},
	{"kernel-support", "a kernel without a way to attach a mount beneath this one",
		ABOUT_CALLER, false, SCOPE_KERNEL, -ENOSYS, check_kernel_support},
	{"mount-limit", "more mounts than fs.mount-max in some namespace", ABOUT_TARGET, true,
		SCOPE_KERNEL, -ENOSPC, check_mount_limit},
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
		.message = tuck->message ?: rule->refuses,
		.remedy = tuck->remedy,
		.error = rule->error,
	};
}

static int rules_begin(struct mnttuck *tuck)
{
	if (!tuck->checks)
		tuck->checks = calloc(rules_count, sizeof(*tuck->checks));
	if (!tuck->details)
		tuck->details = calloc(rules_count, sizeof(*tuck->details));
	if (!tuck->checks || !tuck->details)
		return -ENOMEM;
	for (size_t i = 0; i < rules_count; i++) {
		free(steal_pointer(&tuck->details[i]));
		tuck->checks[i] = (struct mnttuck_check){
			.rule = rules[i].id,
			.refuses = rules[i].refuses,
			.verdict = MNTTUCK_UNCHECKED,
		};
	}
	tuck->is_refused = false;
	free(steal_pointer(&tuck->message));
	free(steal_pointer(&tuck->remedy));
	return 0;
}

int rules_check(struct mnttuck *tuck, enum rules_depth depth)
{
	bool target_known = true;
	int r;

	r = rules_begin(tuck);
	if (r < 0)
		return r;
	for (size_t i = 0; i < rules_count; i++) {
		struct mnttuck_check *check = &tuck->checks[i];
		struct finding finding = {0};

		if (!rule_applies(tuck, &rules[i], depth, target_known, &check->verdict))
			continue;
		check->verdict = rules[i].check(tuck, &finding);
		if (finding.detail)
			tuck->details[i] = strdup(finding.detail);
		check->detail = tuck->details[i];
		if (check->verdict == MNTTUCK_REFUSED) {
			if (!tuck->is_refused)
				rules_refuse(tuck, &rules[i], &finding);
		}
		/* Without a top mount in this namespace the rest has nothing to look at. */
		if (rules[i].about != ABOUT_CALLER && check->verdict != MNTTUCK_OK)
			target_known = tuck->target.mount;
		free(finding.detail);
		free(finding.remedy);
		if (tuck->is_refused && depth == RULES_FIRST)
			break;
	}
	return tuck->is_refused ? tuck->refusal.error : 0;
}

void rules_accept(struct mnttuck *tuck)
{
	for (size_t i = 0; i < rules_count; i++)
		if (tuck->checks[i].verdict == MNTTUCK_UNCHECKED && rules[i].scope != SCOPE_STRICT)
			tuck->checks[i].verdict = MNTTUCK_OK;
}
