/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/smartcols.h"

#include <config.h>

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Look up all functions. The address of a function is copied, because C has no conversion from a
 * pointer to data. */
static bool find_functions(void *library, struct smartcols *functions)
{
	const struct {
		const char *name;
		void *function;
	} wanted[] = {
		{"scols_new_table", &functions->new_table},
		{"scols_unref_table", &functions->unref_table},
		{"scols_table_new_column", &functions->table_new_column},
		{"scols_table_new_line", &functions->table_new_line},
		{"scols_line_set_data", &functions->line_set_data},
		{"scols_line_refer_data", &functions->line_refer_data},
		{"scols_print_table_to_string", &functions->print_table_to_string},
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		void *symbol = dlsym(library, wanted[i].name);

		if (!symbol)
			return false;
		memcpy(wanted[i].function, &symbol, sizeof(symbol));
	}
	return true;
}

const struct smartcols *load_smartcols(void)
{
	static struct smartcols functions;
	static bool is_loaded;
	void *library;

	if (is_loaded)
		return &functions;
	library = dlopen("libsmartcols.so.1", RTLD_NOW);
	is_loaded = library && find_functions(library, &functions);
	return is_loaded ? &functions : NULL;
}
