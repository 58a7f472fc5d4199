/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wish.h"

#include <errno.h>
#include <stdarg.h>
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

int operand_short_id(const struct operand *operand)
{
	return mount_identity_short_id(&operand->identity, operand->fd);
}

void wish_init(struct wish *wish)
{
	*wish = (struct wish){.operations = MNTTUCK_TUCK, .namespace_fd = -1, .idmapping_fd = -1};
	operand_init(&wish->target);
	operand_init(&wish->source);
}

void wish_clear(struct wish *wish)
{
	operand_clear(&wish->target);
	operand_clear(&wish->source);
	if (wish->namespace_fd >= 0)
		close(wish->namespace_fd);
	if (wish->idmapping_fd >= 0)
		close(wish->idmapping_fd);
}

int wish_confirm(const struct wish *wish)
{
	return wish->confirm && wish->confirm(wish->confirm_data) != 0 ? -ECANCELED : 0;
}

void wish_tell(const struct wish *wish, const char *format, ...)
{
	char line[512];
	va_list arguments;

	if (!wish->log)
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	wish->log(wish->log_data, line);
}

bool wish_keeps_groups(const struct wish *wish)
{
	bool keeps = wish->groups == GROUPS_BY_RULES ? wish->rules == MNTTUCK_KERNEL
						     : wish->groups == GROUPS_KEPT;

	/* The mounts that are carried would also be mounted on its peers. */
	return keeps && !(wish->operations & MNTTUCK_CARRY) &&
	       (wish->kind == SOURCE_BIND || wish->kind == SOURCE_RBIND ||
		       (wish->kind == SOURCE_TREE && wish->is_one_of_many &&
			       wish->groups == GROUPS_KEPT));
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
