/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a person reads, in their language: by gettext, in the project's own text domain, so that a
 * program that links the library keeps its own.
 *
 * Not translated is what scripts read: rules' ids, column headings and verdicts, commands in a
 * remedy, JSON. A message is a whole sentence with places for what varies; sentences are never put
 * together from parts, since their order is another in other languages.
 */
#pragma once

#ifdef ENABLE_NLS
#include <libintl.h>

#define TEXT_DOMAIN "mount-tuck"
#define _(text)	    dgettext(TEXT_DOMAIN, text)
/* One of the two, as the number asks for. */
#define many_(one, many, number) dngettext(TEXT_DOMAIN, one, many, number)

/* Where translations are found; nothing is read before there is a message. */
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

/* For a text in a table, to be translated by _() where it is printed. */
#define N_(text) text
