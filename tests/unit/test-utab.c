/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file is the one of the root directory that the test has for itself. */
#include "utab.h"

#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"
#include "util.h"

#define UTAB "/run/mount/utab"

static bool write_utab(const char *text)
{
	_cleanup_fclose_ FILE *file = NULL;

	mkdir("/run/mount", 0755);
	file = fopen(UTAB, "we");
	return file && fputs(text, file) >= 0 && chmod(UTAB, 0640) == 0;
}

static const char *read_utab(void)
{
	static char text[4096];
	_cleanup_fclose_ FILE *file = fopen(UTAB, "re");
	size_t length = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	text[length] = '\0';
	return file ? text : NULL;
}

static void settles_before(void)
{
	struct stat st;

	check_or_return(write_utab("SRC=a TARGET=/mnt ROOT=/ OPTS=x\n"
				   "SRC=b TARGET=/opt ROOT=/ OPTS=old\n"
				   "SRC=c TARGET=/srv ROOT=/ OPTS=x\n"
				   "SRC=d TARGET=/opt ROOT=/ OPTS=new\n"
				   "SRC=e TARGET=/opt2 ROOT=/ OPTS=x\n"));
	check(utab_settle("/opt", 77) == 0);
	check_string(read_utab(), "SRC=a TARGET=/mnt ROOT=/ OPTS=x\n"
				  "SRC=d TARGET=/opt ROOT=/ OPTS=new\n"
				  "SRC=b TARGET=/opt ROOT=/ OPTS=old\n"
				  "SRC=c TARGET=/srv ROOT=/ OPTS=x\n"
				  "SRC=e TARGET=/opt2 ROOT=/ OPTS=x\n");
	check(stat(UTAB, &st) == 0 && (st.st_mode & 0777) == 0640);
}

static void gives_id(void)
{
	check_or_return(write_utab("ID=40 SRC=b TARGET=/opt ROOT=/ OPTS=old\n"
				   "ID=40 UNIQID=5 SRC=d TARGET=/opt ROOT=/ OPTS=new\n"));
	check(utab_settle("/opt", 1234) == 0);
	check(read_utab() && strncmp(read_utab(), "ID=1234 ", 8) == 0);
	check(read_utab() && strstr(read_utab(), "\nID=40 SRC=b TARGET=/opt "));
}

static void odd_names(void)
{
	check_or_return(write_utab("SRC=b TARGET=/opt\\040x ROOT=/ OPTS=old\n"
				   "SRC=c TARGET=/opt ROOT=/ OPTS=x\n"
				   "SRC=d TARGET=/opt\\040x ROOT=/ OPTS=new\n"));
	check(utab_settle("/opt x", 1) == 0);
	check_string(read_utab(), "SRC=d TARGET=/opt\\040x ROOT=/ OPTS=new\n"
				  "SRC=b TARGET=/opt\\040x ROOT=/ OPTS=old\n"
				  "SRC=c TARGET=/opt ROOT=/ OPTS=x\n");
}

static void leaves_others(void)
{
	static const char text[] = "SRC=a TARGET=/mnt ROOT=/ OPTS=TARGET=/opt\nno fields at all\n";

	check_or_return(write_utab(text));
	check(utab_settle("/opt", 5) == 0);
	check_string(read_utab(), text);
	check(access(UTAB ".tuck", F_OK) < 0);
}

static void no_file(void)
{
	mkdir("/run/mount", 0755);
	unlink(UTAB);
	check(utab_settle("/opt", 5) == 0);
	check(!read_utab());
}

static const struct tap_test tests[] = {
	{"the new mount's line goes before the others of its path, the rest stays", settles_before},
	{"a line with an id gets that of the tucked mount", gives_id},
	{"paths with spaces are found as utab writes them", odd_names},
	{"a file without a line for the path stays as it is", leaves_others},
	{"without a file there is nothing to do", no_file},
};

TAP_MAIN(tests)
