/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tuck [-nr] SOURCE TARGET: attach a clone of the directory or file SOURCE beneath the top mount at
 * TARGET; with -r, unmount the top mount afterwards; with -n, change nothing and print what would
 * change.
 *
 * An update service can use libmnttuck in this way, through its public header alone: check the
 * rules, list the mount points, tuck, reveal, and print the result. To build it elsewhere:
 *
 *	cc -o tuck tuck.c $(pkg-config --cflags --libs mnttuck)
 *
 * and, with a static build of the library, to have the library in the program:
 *
 *	cc -o tuck tuck.c $(pkg-config --cflags --libs-only-L mnttuck) -l:libmnttuck.a \
 *		$(pkg-config --libs mount)
 *
 * Exit status, as of mount(8): 0; 1, not allowed or wrong use; 32, refused or failed, nothing
 * changed; 64, partly done: attached elsewhere than intended, or not revealed, or not everywhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <libmnttuck.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Print why it failed, or how the result differs from what was intended. Returns the status.
 * @error: a positive number if mounts were changed, but not as it was meant; else nothing changed.
 */
static int say_why(const struct mnttuck *tuck, const char *target, int error)
{
	const struct mnttuck_refusal *refusal = mnttuck_get_refusal(tuck);
	const char *remedy;

	if (error > 0 || !refusal) {
		fprintf(stderr, "tuck: %s: %s\n", target,
			error > 0 ? mnttuck_get_outcome(tuck) : strerror(-error));
		return mnttuck_is_attached(tuck) ? 64 : 32;
	}
	/* the rule's id stays the same in every language and version */
	fprintf(stderr, "tuck: %s: refused by %s: %s.\n",
		mnttuck_refusal_text(refusal, MNTTUCK_OBJECT),
		mnttuck_refusal_text(refusal, MNTTUCK_RULE),
		mnttuck_refusal_text(refusal, MNTTUCK_MESSAGE));
	remedy = mnttuck_refusal_text(refusal, MNTTUCK_REMEDY);
	if (remedy)
		fprintf(stderr, "      %s\n", remedy);
	if (mnttuck_is_attached(tuck)) /* by an earlier call */
		return 64;
	return mnttuck_refusal_error(refusal) == -EPERM ? 1 : 32;
}

static void print_place(const struct mnttuck_place *place)
{
	const char *beneath = mnttuck_place_text(place, MNTTUCK_BENEATH);

	printf("%d (%s): ", (int)mnttuck_place_number(place, MNTTUCK_PID),
		mnttuck_place_text(place, MNTTUCK_COMMAND));
	if (mnttuck_place_number(place, MNTTUCK_KIND) == MNTTUCK_UNSEEN)
		printf("can't be seen: %s\n",
			strerror(-(int)mnttuck_place_number(place, MNTTUCK_ERROR)));
	else if (mnttuck_place_number(place, MNTTUCK_KIND) == MNTTUCK_LOST)
		printf("%s would be lost\n", mnttuck_place_text(place, MNTTUCK_TARGET));
	else
		printf("%s: beneath %s, then %s shows\n", mnttuck_place_text(place, MNTTUCK_TARGET),
			beneath ? beneath : "nothing", mnttuck_place_text(place, MNTTUCK_SHOWS));
}

/* Print each mount point that would change, and the mount that would be visible there. */
static int print_plan(struct mnttuck *tuck)
{
	const struct mnttuck_place *place = NULL;
	int r = mnttuck_plan(tuck);

	while (r == 0 && (place = mnttuck_next_place(tuck, place)))
		print_place(place);
	return r;
}

/* Tuck, then reveal. Returns 0, a positive number if not all is as it was meant, or -errno. */
static int update(struct mnttuck *tuck, char **paths, int reveals)
{
	int id, r = mnttuck_attach(tuck);

	if (r != 0)
		return r;
	if (reveals) {
		r = mnttuck_reveal(tuck);
		if (r == 0)
			printf("%s shows at %s\n", paths[0], paths[1]);
		return r;
	}
	r = mnttuck_get_mount_id(tuck, MNTTUCK_NEW_MOUNT, NULL, &id);
	if (r == 0)
		printf("%s now lies beneath %s, as mount %d\n", paths[0], paths[1], id);
	return r;
}

int main(int argc, char **argv)
{
	unsigned int operations = MNTTUCK_TUCK;
	int asks = 0, option, r, status = 0;
	struct mnttuck *tuck;

	while ((option = getopt(argc, argv, "nr")) != -1) {
		if (option == 'n')
			asks = 1;
		else if (option == 'r')
			operations |= MNTTUCK_REVEAL;
		else
			optind = argc; /* the usage, below */
	}
	argv += optind;
	if (argc - optind != 2) {
		fprintf(stderr, "usage: tuck [-nr] SOURCE TARGET\n");
		return 1;
	}

	r = mnttuck_new(&tuck);
	if (r < 0) {
		fprintf(stderr, "tuck: %s\n", strerror(-r));
		return 32;
	}
	/* With both set, the rules about the reveal are checked before the tuck. */
	mnttuck_set_operations(tuck, operations);
	r = mnttuck_set_source(tuck, AT_FDCWD, argv[0], MNTTUCK_BIND);
	if (r < 0) {
		fprintf(stderr, "tuck: %s: %s\n", argv[0], strerror(-r));
		mnttuck_free(tuck);
		return 32;
	}
	r = mnttuck_set_target(tuck, AT_FDCWD, argv[1]);
	if (r == 0 && asks)
		r = mnttuck_explain(tuck);
	if (r == 0)
		r = asks ? print_plan(tuck)
			 : update(tuck, argv, (operations & MNTTUCK_REVEAL) != 0);
	if (r != 0)
		status = say_why(tuck, argv[1], r);
	mnttuck_free(tuck);
	return status;
}
