/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * findmnt - list mounted filesystems, or find some of them: argv, and which job it asks for
 *
 * The jobs are in files of their own; findmnt.h lists them.
 */
#include <err.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "cli/print.h"
#include "findmnt/findmnt.h"
#include "i18n.h"
#include "util.h"

/* What is left of argv: a device or a mount point, or a device and a mount point. */
static const char *take_operands(struct findmnt *findmnt, char **operands)
{
	if (!operands[0])
		return NULL;
	if (findmnt_names_one(findmnt))
		errx(EXIT_FAILURE,
			_("--source, --target and --mountpoint already say what to look for: "
			  "give no operand with them"));
	findmnt->match_source = operands[0];
	findmnt->match_mountpoint = operands[1];
	return operands[1] ? NULL : operands[0];
}

static bool wants_tree(const struct findmnt *findmnt, const struct tables *tables)
{
	bool list = findmnt->list || findmnt->df ||
		    (findmnt->first_only && !findmnt_wants_subtrees(findmnt)) ||
		    findmnt->source == SOURCE_MTAB || findmnt->form == FORM_RAW ||
		    findmnt->form == FORM_PAIRS ||
		    (findmnt_names_one(findmnt) && !findmnt->submounts);

	return tables_have_tree(tables) && (findmnt->tree || !list);
}

static int list_mounts(struct findmnt *findmnt, const char *operand)
{
	_cleanup_free_ char *above = NULL;
	struct tables tables = {0};
	struct output *output;
	size_t added;
	bool tree, whole_tree, found;

	findmnt_read_tables(findmnt, operand, &tables);
	findmnt_note_namespace(findmnt);
	if (findmnt->unique && findmnt_drop_duplicates(&tables) < 0)
		err(EXIT_FAILURE, NULL);
	tree = wants_tree(findmnt, &tables);
	whole_tree = tree && !findmnt_wants_subtrees(findmnt);
	output = output_new(findmnt, tree);
	do
		added = whole_tree ? findmnt_add_tree(findmnt, &tables, output)
				   : findmnt_add_list(findmnt, &tables, output);
	while (!output_has_seen_any(output) &&
		findmnt_try_other_meaning(findmnt, &operand, &above));
	/* A tree that a filter has taken everything from is an answer, too; an empty list is none.
	 */
	found = added || whole_tree || (tree && output_has_seen_any(output));
	if (found)
		output_print(output);
	output_free(output);
	tables_free(&tables);
	findmnt_free_namespaces(findmnt);
	return found ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct findmnt findmnt = {.timeout = -1};
	const char *operand;
	int status;

	setlocale(LC_ALL, "");
	check_output_at_exit();
	i18n_start();
	argv += findmnt_parse_options(&findmnt, argc, argv);
	if (findmnt.list_columns) {
		findmnt_list_columns(&findmnt);
		return EXIT_SUCCESS;
	}
	operand = take_operands(&findmnt, argv);
	if (findmnt.source == SOURCE_LISTMOUNT && findmnt.files.count + findmnt.tasks.count)
		errx(EXIT_FAILURE, _("options --kernel=listmount and --tab-file or --task can't be "
				     "used together"));
	findmnt_choose_columns(&findmnt);
	findmnt_make_filter(&findmnt);
	if (findmnt.verify && !findmnt.source_given) {
		findmnt.source = SOURCE_FSTAB;
		findmnt.source_given = true;
	}
	if (!findmnt.nocanonicalize) {
		findmnt.cache = mnt_new_cache();
		if (!findmnt.cache)
			err(EXIT_FAILURE, _("failed to initialize libmount cache"));
	}
	if (findmnt.all_namespaces && !findmnt.view)
		errx(EXIT_FAILURE, _("--namespaces goes with --propagation or --tucked"));
	if (findmnt.all_namespaces && findmnt.source_given)
		errx(EXIT_FAILURE, _("--namespaces reads every namespace, from the kernel alone"));
	if (findmnt.wait && findmnt.view != VIEW_TUCKED)
		errx(EXIT_FAILURE, _("--wait goes with --tucked"));
	if (findmnt.verify)
		status = findmnt_verify(&findmnt, operand);
	else if (findmnt.view)
		status = findmnt_show_view(&findmnt, operand);
	else if (findmnt.poll)
		status = findmnt_poll(&findmnt);
	else
		status = list_mounts(&findmnt, operand);
	findmnt_free_filter(&findmnt);
	mnt_unref_cache(findmnt.cache);
	free(findmnt.columns);
	free(findmnt.files.list);
	free(findmnt.tasks.list);
	return status;
}
