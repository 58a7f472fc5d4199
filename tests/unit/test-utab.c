/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file is the one of the root directory that the test has for itself. */
#include "utab/utab.h"

#include <fcntl.h>
#include <sys/mount.h>
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

/* A stack at @path: "new" and, on it, "top". Returns the id of "new", or 0. */
static int make_stack(const char *path)
{
	struct statx stx;

	mkdir(path, 0755);
	while (umount2(path, MNT_DETACH) == 0)
		;
	if (mount("new", path, "tmpfs", 0, NULL) < 0 ||
		statx(AT_FDCWD, path, 0, STATX_MNT_ID, &stx) < 0 ||
		mount("top", path, "tmpfs", 0, NULL) < 0)
		return 0;
	return (int)stx.stx_mnt_id;
}

static void settles_before(void)
{
	int id = make_stack("/opt");
	struct stat st;

	NEEDS_MOUNT_IDS;
	check_or_return(id);
	check_or_return(write_utab("SRC=a TARGET=/mnt ROOT=/ OPTS=x\n"
				   "SRC=top TARGET=/opt ROOT=/ OPTS=old\n"
				   "SRC=c TARGET=/srv ROOT=/ OPTS=x\n"
				   "SRC=new TARGET=/opt ROOT=/ OPTS=new\n"
				   "SRC=e TARGET=/opt2 ROOT=/ OPTS=x\n"));
	check(utab_count("/opt") == 2);
	check(utab_settle("/opt", 1, id) == 0);
	check_string(read_utab(), "SRC=a TARGET=/mnt ROOT=/ OPTS=x\n"
				  "SRC=c TARGET=/srv ROOT=/ OPTS=x\n"
				  "SRC=e TARGET=/opt2 ROOT=/ OPTS=x\n"
				  "SRC=new TARGET=/opt ROOT=/ OPTS=new\n"
				  "SRC=top TARGET=/opt ROOT=/ OPTS=old\n");
	check(stat(UTAB, &st) == 0 && (st.st_mode & 0777) == 0640);
}

static void settles_same_source(void)
{
	int id = make_stack("/opt");

	/* Two versions of one image: only the order tells the lines apart. */
	NEEDS_MOUNT_IDS;
	check_or_return(id);
	check_or_return(mount("new", "/opt", "tmpfs", 0, NULL) == 0);
	check_or_return(write_utab("SRC=new TARGET=/opt ROOT=/ OPTS=oldest\n"
				   "SRC=new TARGET=/opt ROOT=/ OPTS=tucked\n"));
	check(utab_settle("/opt", 1, id) == 0);
	check_string(read_utab(), "SRC=new TARGET=/opt ROOT=/ OPTS=tucked\n"
				  "SRC=top TARGET=/opt ROOT=/\n"
				  "SRC=new TARGET=/opt ROOT=/ OPTS=oldest\n");
}

static void gives_id(void)
{
	char wanted[64];
	int id = make_stack("/opt");

	NEEDS_MOUNT_IDS;
	check_or_return(id);
	check_or_return(write_utab("ID=3 SRC=new TARGET=/opt ROOT=/ OPTS=new\n"));
	check(utab_settle("/opt", 0, id) == 0);
	snprintf(wanted, sizeof(wanted), "ID=%d SRC=new TARGET=/opt ", id);
	check(read_utab() && strncmp(read_utab(), wanted, strlen(wanted)) == 0);
}

/* libmount 2.42.4 writes no blank after UNIQID. */
static void reads_unique_ids(void)
{
	static const char *const fields[] = {"UNIQID=21", "UNIQID=21 "};
	char text[512], wanted[512];
	int id = make_stack("/opt");

	NEEDS_MOUNT_IDS;
	check_or_return(id);
	for (size_t i = 0; i < ELEMENTS(fields); i++) {
		snprintf(text, sizeof(text),
			"%sSRC=top TARGET=/opt ROOT=/ OPTS=old\n"
			"ID=3 %sSRC=new TARGET=/opt ROOT=/ OPTS=new\n",
			fields[i], fields[i]);
		check_or_return(write_utab(text));
		check(utab_count("/opt") == 2);
		check(utab_settle("/opt", 1, id) == 0);
		/* The id was that of the mount that was visible, not of the tucked one. */
		snprintf(wanted, sizeof(wanted),
			"ID=%d SRC=new TARGET=/opt ROOT=/ OPTS=new\n"
			"%sSRC=top TARGET=/opt ROOT=/ OPTS=old\n",
			id, fields[i]);
		check_string(read_utab(), wanted);
	}
}

static void leaves_what_looks_like_unique_ids(void)
{
	static const char text[] =
		"SRC=UNIQID=21SRC=x TARGET=/opt ROOT=/ OPTS=UNIQID=7TARGET=/srv\n"
		"UNIQID=x TARGET=/mnt ROOT=/\n";

	check_or_return(write_utab(text));
	check(utab_count("/opt") == 1);
	check(utab_count("/srv") == 0);
	check(utab_count("/mnt") == 1);
	check(utab_move("/mnt", "/home") == 0);
	check_string(read_utab(), "SRC=UNIQID=21SRC=x TARGET=/opt ROOT=/ OPTS=UNIQID=7TARGET=/srv\n"
				  "UNIQID=x TARGET=/home ROOT=/\n");
}

static void gives_top_a_line(void)
{
	int id = make_stack("/opt");

	NEEDS_MOUNT_IDS;
	check_or_return(id);
	check_or_return(write_utab("SRC=new TARGET=/opt ROOT=/ OPTS=new\n"));
	check(utab_settle("/opt", 0, id) == 0);
	check_string(read_utab(), "SRC=new TARGET=/opt ROOT=/ OPTS=new\n"
				  "SRC=top TARGET=/opt ROOT=/\n");
}

static void odd_names(void)
{
	int id = make_stack("/mnt/a b");

	NEEDS_MOUNT_IDS;
	check_or_return(id);
	check_or_return(write_utab("SRC=top TARGET=/mnt/a\\040b ROOT=/ OPTS=old\n"
				   "SRC=c TARGET=/mnt/a ROOT=/ OPTS=x\n"
				   "SRC=new TARGET=/mnt/a\\040b ROOT=/ OPTS=new\n"));
	check(utab_count("/mnt/a b") == 2);
	check(utab_settle("/mnt/a b", 1, id) == 0);
	check_string(read_utab(), "SRC=c TARGET=/mnt/a ROOT=/ OPTS=x\n"
				  "SRC=new TARGET=/mnt/a\\040b ROOT=/ OPTS=new\n"
				  "SRC=top TARGET=/mnt/a\\040b ROOT=/ OPTS=old\n");
}

static void leaves_others(void)
{
	static const char text[] = "SRC=a TARGET=/mnt ROOT=/ OPTS=TARGET=/opt\nno fields at all\n";
	int id = make_stack("/opt");

	NEEDS_MOUNT_IDS;
	check_or_return(id && write_utab(text));
	check(utab_count("/opt") == 0);
	check(utab_settle("/opt", 0, id) == 0);
	check_string(read_utab(), text);
	check(access(UTAB ".tuck", F_OK) < 0);
}

static void withdraws(void)
{
	check_or_return(write_utab("SRC=b TARGET=/opt ROOT=/ OPTS=old\n"
				   "SRC=c TARGET=/srv ROOT=/ OPTS=x\n"
				   "SRC=d TARGET=/opt ROOT=/ OPTS=new\n"));
	check(utab_withdraw("/opt", 1) == 0);
	check_string(read_utab(), "SRC=b TARGET=/opt ROOT=/ OPTS=old\n"
				  "SRC=c TARGET=/srv ROOT=/ OPTS=x\n");
	check(utab_withdraw("/opt", 1) == 0);
	check(utab_count("/opt") == 1);
}

static void moves(void)
{
	check_or_return(write_utab("SRC=b TARGET=/srv ROOT=/ OPTS=below\n"
				   "SRC=b TARGET=/srv ROOT=/ OPTS=x\n"
				   "SRC=c TARGET=/srv/sub ROOT=/ OPTS=x\n"
				   "SRC=d TARGET=/srv2 ROOT=/ OPTS=x\n"));
	check(utab_move("/srv", "/opt") == 0);
	check_string(read_utab(), "SRC=b TARGET=/srv ROOT=/ OPTS=below\n"
				  "SRC=c TARGET=/opt/sub ROOT=/ OPTS=x\n"
				  "SRC=d TARGET=/srv2 ROOT=/ OPTS=x\n"
				  "SRC=b TARGET=/opt ROOT=/ OPTS=x\n");
}

static void no_file(void)
{
	mkdir("/run/mount", 0755);
	unlink(UTAB);
	check(utab_count("/opt") == 0);
	check(utab_settle("/opt", 0, 5) == 0);
	check(utab_withdraw("/opt", 0) == 0);
	check(!read_utab());
}

static const struct tap_test tests[] = {
	{"the new mount's line goes before the top's, other paths' lines stay", settles_before},
	{"two lines of one source are told apart by the mounts' order", settles_same_source},
	{"a line with an id gets that of the tucked mount", gives_id},
	{"UNIQID is read with and without a blank after it, and not kept where it is wrong",
		reads_unique_ids},
	{"what only looks like UNIQID is left alone", leaves_what_looks_like_unique_ids},
	{"a top mount without a line gets one, so that umount does not take the tucked one's",
		gives_top_a_line},
	{"paths with spaces are found as utab writes them", odd_names},
	{"a file without a line for the path stays as it is", leaves_others},
	{"a mount that did not come about has its line withdrawn", withdraws},
	{"a moved mount takes its line along, and those of the mounts on it", moves},
	{"without a file there is nothing to do", no_file},
};

TAP_MAIN(tests)
