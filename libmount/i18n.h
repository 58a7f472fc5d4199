/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * i18n: translations of messages by gettext. The project has a text domain of its own, so a program
 * that links the library keeps the program's own domain.
 *
 * Text for scripts is not translated: rules' ids, column headings, verdicts, the commands in a
 * remedy, JSON. A message is a whole sentence with %s for the parts that vary. Sentences are never
 * put together from translated parts, because other languages order them differently.
 */
#pragma once

#ifdef ENABLE_NLS
#include <libintl.h>

#define TEXT_DOMAIN "mount-tuck"
#define _(text)	    dgettext(TEXT_DOMAIN, text)
/* The singular or the plural, as @number needs. */
#define many_(one, many, number) dngettext(TEXT_DOMAIN, one, many, number)

/* Tell gettext the directory of the translations. It reads them at the first message. */
static inline void i18n_start(void)
{
	bindtextdomain(TEXT_DOMAIN, LOCALEDIR);
}
#else
#define _(text)			 (text)
#define many_(one, many, number) ((number) == 1 ? (one) : (many))

static inline void i18n_start(void)
{
}
#endif

/* Marks a text in a table, which _() translates where it is printed. */
#define N_(text) text
