/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tuck SOURCE TARGET: attach a clone of the directory or file SOURCE beneath what is mounted at
 * TARGET.
 *
 * The whole of libmnttuck in use, and nothing but its public header. To build it elsewhere:
 *
 *	cc -o tuck tuck.c $(pkg-config --cflags --libs mnttuck)
 *
 * Exit status, as mount(8) has it: 0; 1, not allowed or used wrongly; 32, refused or failed with
 * nothing changed; 64, attached but not where it was meant to be.
 */
#include <errno.h>
#include <fcntl.h>
#include <libmnttuck.h>
#include <stdio.h>
#include <string.h>

/* Say why a tuck came to nothing, or to something else than was meant. */
static int say_why(const struct mnttuck *tuck, const char *target, int error)
{
	const struct mnttuck_refusal *refusal = mnttuck_get_refusal(tuck);

	if (mnttuck_is_attached(tuck)) {
		const char *outcome = mnttuck_get_outcome(tuck);

		fprintf(stderr, "tuck: %s: %s\n", target, outcome ? outcome : strerror(-error));
		return 64;
	}
	if (!refusal) {
		fprintf(stderr, "tuck: %s: %s\n", target, strerror(-error));
		return 32;
	}
	fprintf(stderr, "tuck: %s: refused by %s: %s.\n", refusal->object, refusal->rule,
		refusal->message);
	if (refusal->remedy)
		fprintf(stderr, "      %s\n", refusal->remedy);
	return refusal->error == -EPERM ? 1 : 32;
}

int main(int argc, char **argv)
{
	struct mnttuck *tuck;
	int id, status = 0, r;

	if (argc != 3) {
		fprintf(stderr, "usage: tuck SOURCE TARGET\n");
		return 1;
	}
	r = mnttuck_new(&tuck);
	if (r < 0) {
		fprintf(stderr, "tuck: %s\n", strerror(-r));
		return 32;
	}
	r = mnttuck_set_source(tuck, AT_FDCWD, argv[1], MNTTUCK_BIND);
	if (r < 0) {
		fprintf(stderr, "tuck: %s: %s\n", argv[1], strerror(-r));
		mnttuck_free(tuck);
		return 32;
	}
	r = mnttuck_set_target(tuck, AT_FDCWD, argv[2]);
	if (r == 0)
		r = mnttuck_attach(tuck);
	if (r < 0)
		status = say_why(tuck, argv[2], r);
	else if (mnttuck_get_mount_id(tuck, NULL, &id) == 0)
		printf("%s now lies beneath %s, as mount %d\n", argv[1], argv[2], id);
	mnttuck_free(tuck);
	return status;
}
