/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>

#include "facts.h"
#include "libmnttuck.h"
#include "rules.h"
#include "tap.h"
#include "util.h"

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
		check((rule->about == ABOUT_SOURCE) == (strncmp(rule->id, "source-", 7) == 0));
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
	/* The outlook leaves the snapshots as they would be. */
	for (size_t i = 0; i < rules_count; i++)
		if (rules[i].act != OF_REVEAL)
			check(&rules[i] < find_rule("reveal-beneath"));
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

static void located_cleared_twice(void)
{
	struct located located;

	located_init(&located);
	check(located_name(&located, "/a b") == 0);
	check_string(located.path, "/a b");
	check_string(located.shell, "'/a b'");
	located_clear(&located);
	check(!located.path && !located.shell && located.fd < 0);
	located_clear(&located);
}

static const struct tap_test tests[] = {
	{"a path of plain letters is a shell word as it is", quote_plain},
	{"spaces, quotes, newlines and other bytes are quoted for a shell", quote_special},
	{"a shell reads every byte back from a quoted path", quote_read_back},
	{"every rule id that was ever published is there, with its error", rules_published},
	{"every row of the table is complete and like the others", rules_well_formed},
	{"rules stand behind the ones that they rely on", rules_order},
	{"a later finding takes the place of the earlier one", finding_replaced},
	{"a located file can be cleared twice", located_cleared_twice},
};

TAP_MAIN(tests)
