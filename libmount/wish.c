/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wish.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "words.h"

static void operand_init(struct operand *operand)
{
	*operand = (struct operand){.fd = -1};
}

int operand_name(struct operand *operand, const char *path)
{
	operand->path = strdup(path);
	operand->shell = shell_quote(path);
	return operand->path && operand->shell ? 0 : -ENOMEM;
}

void operand_clear(struct operand *operand)
{
	free(operand->path);
	free(operand->shell);
	if (operand->fd >= 0)
		close(operand->fd);
	operand_init(operand);
}

void wish_init(struct wish *wish)
{
	*wish = (struct wish){.operations = MNTTUCK_TUCK};
	operand_init(&wish->target);
	operand_init(&wish->source);
}

void wish_clear(struct wish *wish)
{
	operand_clear(&wish->target);
	operand_clear(&wish->source);
}

bool wish_keeps_groups(const struct wish *wish)
{
	return wish->rules == MNTTUCK_KERNEL &&
	       (wish->kind == SOURCE_BIND || wish->kind == SOURCE_RBIND);
}

int wish_source_as_argument(const struct wish *wish, char **ret)
{
	static const char *const options[] = {
		[SOURCE_BIND] = "--bind",
		[SOURCE_RBIND] = "--rbind",
		[SOURCE_MOVE] = "--move",
	};

	*ret = NULL;
	if (wish->kind == SOURCE_NONE || wish->kind == SOURCE_TREE)
		return 0;
	if (asprintf(ret, "%s %s", options[wish->kind], wish->source.shell) >= 0)
		return 0;
	*ret = NULL;
	return -ENOMEM;
}
