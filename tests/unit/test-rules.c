/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>

#include "facts.h"
#include "findings.h"
#include "kernel.h"
#include "libmnttuck.h"
#include "progress.h"
#include "rules.h"
#include "snapshot.h"
#include "tap.h"
#include "util.h"
#include "wish.h"
#include "words.h"

/* ---- shell_quote ---- */

static bool quotes_as(const char *path, const char *wanted)
{
	_cleanup_free_ char *quoted = shell_quote(path);

	return check_string(quoted, wanted);
}

static void quote_plain(void)
{
	quotes_as("/opt", "/opt");
	quotes_as("/srv/opt-2.1_x86+64:a=b@c%d,e", "/srv/opt-2.1_x86+64:a=b@c%d,e");
}

static void quote_special(void)
{
	quotes_as("", "''");
	quotes_as("/a b", "'/a b'");
	quotes_as("/it's", "'/it'\\''s'");
	quotes_as("'", "''\\'''");
	quotes_as("~", "'~'");
	quotes_as("/a\nb", "'/a\nb'");
	quotes_as("/caf\xe9", "'/caf\xe9'");
}

static void quote_read_back(void)
{
	char path[256], back[256] = "";
	_cleanup_free_ char *quoted = NULL, *command = NULL;
	size_t length;
	FILE *shell;

	for (size_t i = 0; i < 255; i++)
		path[i] = (char)(i + 1);
	path[255] = '\0';
	quoted = shell_quote(path);
	check_or_return(quoted);
	check_or_return(asprintf(&command, "printf %%s %s", quoted) > 0);
	shell = popen(command, "re");
	check_or_return(shell);
	length = fread(back, 1, sizeof(back), shell);
	check(pclose(shell) == 0);
	check(length == 255 && memcmp(back, path, 255) == 0);
}

/* ---- the table of rules ---- */

/* Scripts look for these in messages: a name that has been given is never changed. */
static const struct {
	const char *id;
	int error;
} published[] = {
	{"target-mounted", -EINVAL},
	{"target-namespace", -EINVAL},
	{"target-root", -EINVAL},
	{"target-locked", -EINVAL},
	{"caller-capable", -EPERM},
	{"parent-propagates", -EINVAL},
	{"receiver-propagates", -EINVAL},
	{"source-private", -EINVAL},
	{"source-namespace", -EINVAL},
	{"source-detachable", -EINVAL},
	{"source-uncovered", -EINVAL},
	{"source-loop", -EINVAL},
	{"source-kind", -EINVAL},
	{"source-bindable", -EINVAL},
	{"mount-limit", -ENOSPC},
	{"kernel-support", -ENOSYS},
};

static const struct rule *find_rule(const char *id)
{
	for (size_t i = 0; i < rules_count; i++)
		if (strcmp(rules[i].id, id) == 0)
			return &rules[i];
	return NULL;
}

static void rules_published(void)
{
	for (size_t i = 0; i < ELEMENTS(published); i++) {
		const struct rule *rule = find_rule(published[i].id);

		if (!check(rule) || !check(rule->error == published[i].error))
			printf("# %s\n", published[i].id);
	}
}

static void rules_well_formed(void)
{
	for (size_t i = 0; i < rules_count; i++) {
		const struct rule *rule = &rules[i];

		check(rule->id[strspn(rule->id, "abcdefghijklmnopqrstuvwxyz-")] == '\0');
		check(find_rule(rule->id) == rule);
		check(*rule->refuses && rule->refuses[strlen(rule->refuses) - 1] != '.');
		check(!isupper((unsigned char)*rule->refuses));
		check(rule->error < 0);
		check(rule->check);
		for (size_t j = 0; j < i; j++)
			check(rules[j].check != rule->check);
		if (rule->act != OF_CARRY)
			check((rule->about == ABOUT_SOURCE) ==
				(strncmp(rule->id, "source-", 7) == 0));
	}
}

static void rules_order(void)
{
	/* Every other rule looks at the target's mount; what the kernel can do depends on it, too.
	 */
	check(find_rule("caller-capable") < find_rule("target-mounted"));
	check(find_rule("kernel-support") > find_rule("parent-propagates"));
	check(find_rule("target-mounted") < find_rule("target-namespace"));
	for (size_t i = 0; i < rules_count; i++)
		if (strncmp(rules[i].id, "source-", 7) == 0)
			check(&rules[i] > find_rule("target-namespace"));
	/* What only the project refuses comes after what every kernel does. */
	check(find_rule("receiver-propagates") > find_rule("parent-propagates"));
	/* The effects of a reveal change the snapshots, so no other rule comes after its rules. */
	for (size_t i = 0; i < rules_count; i++)
		if (rules[i].act != OF_REVEAL && rules[i].act != OF_BENEATH)
			check(&rules[i] < find_rule("reveal-beneath"));
	check(find_rule("beneath-none") > find_rule("kernel-support"));
	check(find_rule("beneath-shown") > find_rule("beneath-none"));
}

static void finding_replaced(void)
{
	struct finding finding = {0};

	finding_detail(&finding, "%s", "first");
	finding_detail(&finding, "second %d", 2);
	finding_remedy(&finding, "do %s", "this");
	check_string(finding.detail, "second 2");
	check_string(finding.remedy, "do this");
	free(finding.detail);
	free(finding.remedy);
}

static void finding_cleared_twice(void)
{
	struct finding finding = {0};

	finding_detail(&finding, "%s", "found");
	finding_remedy(&finding, "%s", "do this");
	finding_clear(&finding);
	check(!finding.detail && !finding.remedy && !finding.error);
	finding_clear(&finding);
}

/* ---- the report ---- */

static void report_started_again(void)
{
	struct report report = {0};

	check_or_return(report_start(&report, 2) == 0);
	report_add(&report, "one", "refuses one");
	report.details[0] = strdup("detail");
	report.is_refused = true;
	report.message = strdup("message");
	check_or_return(report_start(&report, 2) == 0);
	check(report.count == 0 && !report.is_refused && !report.message);
	report_add(&report, "other", "refuses the other");
	check(report.count == 1 && !report.details[0]);
	check_string(report.checks[0].rule, "other");
	check(report.checks[0].verdict == MNTTUCK_UNCHECKED);
	report_clear(&report);
	check(!report.checks && !report.details);
}

/* ---- what was asked for ---- */

static void operand_cleared_twice(void)
{
	struct wish wish;

	wish_init(&wish);
	check(operand_name(&wish.target, "/a b") == 0);
	check_string(wish.target.path, "/a b");
	check_string(wish.target.shell, "'/a b'");
	operand_clear(&wish.target);
	check(!wish.target.path && !wish.target.shell && wish.target.fd < 0);
	wish_clear(&wish);
}

static void source_as_argument(void)
{
	char *argument = NULL;
	struct wish wish;

	wish_init(&wish);
	check(wish_source_as_argument(&wish, &argument) == 0 && !argument);
	check(operand_name(&wish.source, "/a b") == 0);
	wish.kind = SOURCE_RBIND;
	check(wish_source_as_argument(&wish, &argument) == 0);
	check_string(argument, "--rbind '/a b'");
	free(argument);
	wish.kind = SOURCE_TREE;
	check(wish_source_as_argument(&wish, &argument) == 0 && !argument);
	wish_clear(&wish);
}

/* ---- facts ---- */

static void facts_forgotten(void)
{
	struct progress progress = {0};
	struct facts facts = {.progress = &progress};
	const struct mount *mount;
	struct wish wish;

	NEEDS_MOUNT_IDS
	wish_init(&wish);
	facts.wish = &wish;
	check_or_return(kernel_identify(AT_FDCWD, "/", 0, &wish.target.identity) == 0);
	/* By the short id, as on kernels (and in valgrind) without statmount. */
	wish.target.identity.unique_id = 0;
	check_or_return(facts_see_mounts(&facts) && facts_read_target(&facts) == 0);
	mount = facts.target.mount;
	check(mount && mount->short_id == wish.target.identity.short_id);
	check(facts_read_target(&facts) == 0 && facts.target.mount == mount);
	facts_free(&facts);
	check(!facts.target.mount && !facts.target.is_read);
	check(facts.wish == &wish && facts.progress == &progress);
	check(facts_read_target(&facts) == 0 && facts.target.mount);
	facts_free(&facts);
}

static const struct tap_test tests[] = {
	{"a path of plain letters is a shell word as it is", quote_plain},
	{"spaces, quotes, newlines and other bytes are quoted for a shell", quote_special},
	{"a shell reads every byte back from a quoted path", quote_read_back},
	{"every rule id that was ever published is there, with its error", rules_published},
	{"every row of the table is complete and like the others", rules_well_formed},
	{"rules stand behind the ones that they rely on", rules_order},
	{"a later finding takes the place of the earlier one", finding_replaced},
	{"a finding can be cleared twice", finding_cleared_twice},
	{"a report that is started again has forgotten all checks", report_started_again},
	{"an operand can be cleared twice", operand_cleared_twice},
	{"the source is an argument of mount(8), unless it is a tree", source_as_argument},
	{"a fact is read once, and again after the facts were forgotten", facts_forgotten},
};

TAP_MAIN(tests)
