/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "facts.h"
#include "findings.h"
#include "i18n.h"
#include "util.h"
#include "wish.h"

/* In the order of checking: a check may rely on the earlier rules having passed. */
const struct rule rules[] = {
	{"caller-capable", N_("a caller without CAP_SYS_ADMIN over its mount namespace"),
		ABOUT_CALLER, OF_ALL, false, SCOPE_KERNEL, -EPERM, check_caller_capable},
	{"target-mounted", N_("a target that is no mount's root, or no longer attached"),
		ABOUT_TARGET, OF_ALL, false, SCOPE_KERNEL, -EINVAL, check_target_mounted},
	{"target-namespace", N_("a target in another mount namespace"), ABOUT_TARGET, OF_ALL, false,
		SCOPE_KERNEL, -EINVAL, check_target_namespace},
	{"target-root", N_("the root directory of the caller, or a mount on the namespace's root"),
		ABOUT_TARGET, OF_TUCK, false, SCOPE_KERNEL_TRIED, -EINVAL, check_target_root},
	{"target-locked", N_("a top mount that the caller could not unmount"), ABOUT_TARGET,
		OF_BOTH, false, SCOPE_KERNEL_TRIED, -EINVAL, check_target_locked},
	{"carry-bindable", N_("a mount on the top mount that is to be carried and can't be cloned"),
		ABOUT_TARGET, OF_CARRY, false, SCOPE_KERNEL, -EINVAL, check_carry_bindable},
	{"source-namespace", N_("a source in another mount namespace"), ABOUT_SOURCE, OF_TUCK,
		false, SCOPE_KERNEL, -EINVAL, check_source_namespace},
	{"source-deleted", N_("a source that has been deleted"), ABOUT_SOURCE, OF_TUCK, false,
		SCOPE_KERNEL, -ENOENT, check_source_deleted},
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
	{"source-locked", N_("a source whose options are locked, if they are to be changed"),
		ABOUT_SOURCE, OF_TUCK, false, SCOPE_KERNEL, -EPERM, check_source_locked},
	{"carry-place", N_("a source without a place for a mount that is to be carried"),
		ABOUT_SOURCE, OF_CARRY, false, SCOPE_KERNEL, -EINVAL, check_carry_place},
	{"receiver-propagates",
		N_("a namespace in which the new mount would land on top of what is mounted there"),
		ABOUT_TARGET, OF_TUCK, false, SCOPE_STRICT, -EINVAL, check_receiver_propagates},
	{"kernel-support", N_("a kernel without a way to attach a mount beneath this one"),
		ABOUT_CALLER, OF_ALL, false, SCOPE_KERNEL, -ENOSYS, check_kernel_support},
	{"mount-limit", N_("more mounts than fs.mount-max in some namespace"), ABOUT_TARGET,
		OF_TUCK, true, SCOPE_KERNEL, -ENOSPC, check_mount_limit},
	{"reveal-beneath", N_("a top mount with nothing beneath it at its path"), ABOUT_TARGET,
		OF_REVEAL, false, SCOPE_KERNEL, -EINVAL, check_reveal_beneath},
	{"reveal-automount", N_("a top mount that is an automount which has not been triggered"),
		ABOUT_TARGET, OF_REVEAL, false, SCOPE_KERNEL, -EINVAL, check_reveal_automount},
	{"reveal-propagates",
		N_("an unmount that would take other mounts than the old version, too, or move "
		   "them"),
		ABOUT_TARGET, OF_REVEAL, false, SCOPE_KERNEL, -EINVAL, check_reveal_propagates},
	{"reveal-children", N_("a top mount with mounts on it, which would be lost"), ABOUT_TARGET,
		OF_REVEAL, false, SCOPE_KERNEL, -EINVAL, check_reveal_children},
	{"reveal-incomplete",
		N_("a namespace that receives from here and would be left on the old version"),
		ABOUT_TARGET, OF_REVEAL, false, SCOPE_KERNEL, -EINVAL, check_reveal_incomplete},
	{"reveal-answers", N_("a new version whose filesystem does not answer"), ABOUT_TARGET,
		OF_REVEAL, false, SCOPE_KERNEL, -EINVAL, check_reveal_answers},
	{"reveal-exact",
		N_("an unmount that could take another mount than the top one, if it is to be "
		   "exact"),
		ABOUT_TARGET, OF_REVEAL, false, SCOPE_KERNEL, -EINVAL, check_reveal_exact},
	{"beneath-none", N_("a top mount with nothing beneath it that could be taken away"),
		ABOUT_TARGET, OF_BENEATH, false, SCOPE_KERNEL, -EINVAL, check_beneath_none},
	{"beneath-shown",
		N_("an unmount beneath the top mount that would take a mount which shows"),
		ABOUT_TARGET, OF_BENEATH, false, SCOPE_KERNEL, -EINVAL, check_beneath_shown},
};

const size_t rules_count = ELEMENTS(rules);

/* Whether no kernel enforces @rule. */
static bool is_only_ours(const struct rule *rule)
{
	return rule->scope == SCOPE_STRICT || !(rule->act & OF_TUCK);
}

/* Whether @rule can be asked now; if not, @verdict is its verdict. */
static bool rule_applies(const struct facts *facts, const struct rule *rule, enum rules_depth depth,
	bool target_known, enum mnttuck_verdict *verdict)
{
	const struct wish *wish = facts->wish;

	/* Its act has been done. */
	*verdict = MNTTUCK_OK;
	if (!(rule->act & progress_acts(facts->progress, wish)))
		return false;
	/* What it looks at has not been set. */
	*verdict = MNTTUCK_UNCHECKED;
	if ((rule->about != ABOUT_CALLER && !wish->target.path) ||
		(rule->about == ABOUT_SOURCE && wish->kind == SOURCE_NONE))
		return false;
	*verdict = MNTTUCK_NOT_APPLICABLE;
	if (wish->skipped & UINT64_C(1) << (rule - rules))
		return false;
	if (rule->scope == SCOPE_STRICT && wish->rules != MNTTUCK_STRICT)
		return false;
	if (!target_known && rule->about != ABOUT_CALLER)
		return false;
	*verdict = MNTTUCK_UNCHECKED;
	if (!(rule->act & OF_TUCK))
		return true;
	/* By propagation the kernel checks less than by the flag, so nothing is left to it. */
	if (progress_way(facts->progress) == ATTACH_BY_PROPAGATION && rule->error == -EINVAL)
		return true;
	if (rule->scope == SCOPE_KERNEL_TRIED && wish->rules != MNTTUCK_STRICT &&
		!facts->progress->kernel_error)
		return false;
	return depth == RULES_ALL || !rule->is_late;
}

/* If the caller does not accept that something can't be known, refuse for that reason. What is yet
 * to be asked, such as a source that has not been set, has no reason. */
static int refuse_unchecked(
	const struct rule *rule, const struct wish *wish, struct finding *finding)
{
	_cleanup_free_ char *reason = NULL;

	if (!wish->refuses_unchecked || !is_only_ours(rule) || !finding->detail ||
		wish->operations & MNTTUCK_FORCE)
		return MNTTUCK_UNCHECKED;
	reason = steal_pointer(&finding->detail);
	finding_detail(finding, _("this rule can't be checked: %s"), reason);
	return finding->error ?: MNTTUCK_REFUSED;
}

static void refuse_by(struct report *report, const struct rule *rule, const struct wish *wish,
	struct finding *finding)
{
	const struct operand *object = rule->about == ABOUT_SOURCE ? &wish->source : &wish->target;

	report->is_refused = true;
	report->message = steal_pointer(&finding->detail);
	report->remedy = steal_pointer(&finding->remedy);
	report->refusal = (struct mnttuck_refusal){
		.rule = rule->id,
		.object = object->path,
		.message = report->message ?: _(rule->refuses),
		.remedy = report->remedy,
		.error = rule->error,
	};
}

/* Whether the report has @rule: it is for an act that was asked for, even if that is done. */
static bool is_asked(const struct wish *wish, const struct rule *rule)
{
	const unsigned int beneath = MNTTUCK_REMOVE_BENEATH | MNTTUCK_REMOVE_ALL;

	return (rule->act & OF_TUCK && wish->operations & MNTTUCK_TUCK) ||
	       (rule->act & OF_REVEAL && wish->operations & MNTTUCK_REVEAL) ||
	       (rule->act & OF_CARRY && wish->operations & MNTTUCK_CARRY) ||
	       (rule->act & OF_BENEATH && wish->operations & beneath);
}

static int begin(struct facts *facts, struct report *report)
{
	int r;

	/* The effects have changed the snapshots. */
	if (facts->effects_are_read)
		facts_free(facts);
	r = report_start(report, rules_count);
	for (size_t i = 0; i < rules_count && r == 0; i++)
		if (is_asked(facts->wish, &rules[i]))
			report_add(report, rules[i].id, _(rules[i].refuses));
	return r;
}

/* A refusal stands if its reason is known. Any other verdict counts only if there was memory for
 * everything that it depends on. */
static int verdict_or_error(int verdict, const struct facts *facts, const struct finding *finding)
{
	int error = finding->error ?: facts_error(facts);

	if (verdict < 0 || error == 0 || (verdict == MNTTUCK_REFUSED && finding->detail))
		return verdict;
	return error;
}

/* Check one rule, and put what was found into the report. */
static int ask(const struct rule *rule, struct facts *facts, struct report *report, size_t index)
{
	struct finding finding = {0};
	int r = verdict_or_error(rule->check(facts, &finding), facts, &finding);

	if (r == MNTTUCK_UNCHECKED)
		r = refuse_unchecked(rule, facts->wish, &finding);
	if (r >= 0) {
		report->checks[index].verdict = (enum mnttuck_verdict)r;
		if (finding.detail)
			report->details[index] = strdup(finding.detail);
		report->checks[index].detail = report->details[index];
		if (r == MNTTUCK_REFUSED && !report->is_refused)
			refuse_by(report, rule, facts->wish, &finding);
		else if (finding.detail && !report->details[index])
			r = -ENOMEM;
	}
	finding_clear(&finding);
	return r < 0 ? r : 0;
}

static int check_once(struct facts *facts, struct report *report, enum rules_depth depth)
{
	bool target_known = true;
	size_t index = 0;
	int r = begin(facts, report);

	for (size_t i = 0; i < rules_count && r == 0; i++) {
		struct mnttuck_check *check = &report->checks[index];

		if (!is_asked(facts->wish, &rules[i]))
			continue;
		if (rule_applies(facts, &rules[i], depth, target_known, &check->verdict)) {
			r = ask(&rules[i], facts, report, index);
			/* Without a top mount in this namespace, later rules have nothing to look
			 * at. */
			if (rules[i].about != ABOUT_CALLER && check->verdict != MNTTUCK_OK)
				target_known = facts->target.mount;
		}
		if (report->is_refused && depth == RULES_FIRST)
			break;
		index++;
	}
	if (r == 0 && !report->is_refused && facts->namespaces_error == -ENOMEM)
		r = -ENOMEM;
	if (r < 0)
		return r;
	return report->is_refused ? report->refusal.error : 0;
}

/* Whether a refusal counts that was found @times times in a row: twice, if no mount came or went
 * during the last reading. Where mounts come and go all the time there may never be such a reading,
 * so ENOUGH times count, too. */
static bool refusal_stands(const struct facts *facts, int times)
{
	enum { ENOUGH = 8 };

	return times >= ENOUGH || (times >= 2 && !facts_have_changed(facts));
}

/* Namespaces are read one after the other, and some exist only for a moment. So what was found
 * counts only if the target's mount did not move meanwhile, and a refusal only if it is found
 * again, in a reading during which no mount came or went. If the mount keeps moving, the last
 * answer counts. */
int rules_check(struct facts *facts, struct report *report, enum rules_depth depth)
{
	const char *refused_by = NULL;
	int r, times = 0;

	facts->progress->has_asked = false;
	r = check_once(facts, report, depth);

	for (int tries = 0; tries < 20 && r != -ENOMEM && facts->namespaces; tries++) {
		const char *rule = report->is_refused ? report->refusal.rule : NULL;

		if (!facts_are_steady(facts))
			rule = NULL;
		else if (!rule)
			break;
		times = rule && rule == refused_by ? times + 1 : 1;
		refused_by = rule;
		if (rule && refusal_stands(facts, times))
			break;
		wish_tell(facts->wish, "the rules are checked again");
		facts_forget(facts);
		r = check_once(facts, report, depth);
	}
	if (report->is_refused)
		wish_tell(facts->wish, "refused by %s: %s", report->refusal.rule,
			report->refusal.message);
	return r;
}

int rules_find_ours(const char *id)
{
	for (size_t i = 0; i < rules_count; i++)
		if (strcmp(rules[i].id, id) == 0)
			return is_only_ours(&rules[i]) ? (int)i : -EPERM;
	return -ENOENT;
}

void rules_accept(const struct wish *wish, struct report *report)
{
	size_t index = 0;

	for (size_t i = 0; i < rules_count; i++) {
		if (!is_asked(wish, &rules[i]))
			continue;
		if (report->checks[index].verdict == MNTTUCK_UNCHECKED && !is_only_ours(&rules[i]))
			report->checks[index].verdict = MNTTUCK_OK;
		index++;
	}
}
