/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * model: the kernel against the plan. Random mounts in random namespaces, random tucks and unmounts
 * on them, done for real, and compared with what plan said of them, mount by mount.
 *
 *	model [--cases N | --seed N] [--jobs N] [--inside PLACE] [--verbose]
 *
 * A case is a seed: --cases runs the seeds from 1 to N, and --seed runs one of them, which always
 * makes the same case. Each case has a mount namespace of its own, and each job a pid namespace, so
 * nothing of the machine is touched, and the library, which reads every namespace that it may see,
 * sees only those of the case. Needs root. The last line counts: "N passed, N failed".
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inside.h"
#include "kernel.h"
#include "layout.h"
#include "play.h"
#include "util.h"
#include "world.h"

#define JOBS_MOST    64
#define SECONDS_MOST 120 /* of a case */

struct run {
	uint64_t first, last;
	unsigned int jobs;
	enum inside inside;
	bool verbose;
};

static const char *const places[] = {
	[INSIDE_NOTHING] = "",
	[INSIDE_CHROOT_MOUNT] = "chroot-mount",
	[INSIDE_CHROOT_DIRECTORY] = "chroot-directory",
	[INSIDE_PID] = "pid",
	[INSIDE_USER] = "user",
};

static void note_coverage(struct world *world)
{
	world->has[CASES] = true;
	world->has[CASES_MANY_NAMESPACES] = world->count > 1;
	world->has[CASES_ANY_OF_THOSE] = world->has[CASES_OWN_MOUNT] || world->has[CASES_STACK] ||
					 world->has[CASES_SUBMOUNT] || world->has[CASES_MASTERLESS];
	for (size_t i = 0; i < COUNTS; i++)
		world->tally->counts[i] += world->has[i];
}

/* The process of a case. */
static void run_case(uint64_t seed, const struct run *run, struct tally *tally)
{
	static char buffer[1 << 20];
	struct world world;

	/* What two cases have to say must not be mixed. */
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	alarm(SECONDS_MOST);
	world_begin(&world, seed, run->inside, run->verbose, tally);
	inside_begin(&world);
	layout_build(&world);
	for (unsigned int steps = 2 + any(&world, 4);
		steps > 0 && !world.has[CASES_FAILED] && !layout_is_too_large(&world); steps--) {
		play(&world);
		if (now_and_then(&world, 30))
			layout_step(&world);
	}
	note_coverage(&world);
	if (run->verbose)
		printf("# seed %llu: %s\n", (unsigned long long)seed,
			world.has[CASES_FAILED] ? "failed" : "as planned");
	fflush(stdout);
	_exit(EXIT_SUCCESS);
}

/* The first process of a pid namespace: case after case, and whatever they leave. The caller may be
 * in a chroot; cases begin at the root of the namespace. */
static void run_cases(const struct run *run, unsigned int job, struct tally *tally)
{
	int own = kernel_open_own_namespace();

	if (own < 0 || setns(own, CLONE_NEWNS) < 0) {
		perror("model: /proc/self/ns/mnt");
		_exit(EXIT_FAILURE);
	}
	close(own);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("proc", "/proc", "proc", 0, NULL) < 0) {
		perror("model: /proc");
		_exit(EXIT_FAILURE);
	}
	for (uint64_t seed = run->first + job; seed <= run->last; seed += run->jobs) {
		pid_t child = fork(), ended;
		int status, of_case = -1;

		if (child == 0)
			run_case(seed, run, tally);
		while ((ended = wait(&status)) > 0)
			if (ended == child)
				of_case = status;
		if (of_case == 0)
			continue;
		printf("not ok - seed %llu: ended with status %#x\n", (unsigned long long)seed,
			(unsigned int)of_case);
		fflush(stdout);
		tally->counts[CASES]++;
		tally->counts[CASES_FAILED]++;
	}
	_exit(EXIT_SUCCESS);
}

static int write_file(const char *path, const char *text)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
}

/* Root there is the caller. */
static int enter_user_namespace(void)
{
	if (unshare(CLONE_NEWUSER) < 0 || write_file("/proc/self/setgroups", "deny") < 0 ||
		write_file("/proc/self/uid_map", "0 0 1") < 0)
		return -1;
	return write_file("/proc/self/gid_map", "0 0 1");
}

static void start_job(const struct run *run, unsigned int job, struct tally *tally)
{
	pid_t child = fork();
	int status;

	if (child != 0)
		return;
	if (run->inside == INSIDE_USER && enter_user_namespace() < 0) {
		perror("model: a user namespace");
		_exit(EXIT_FAILURE);
	}
	/* The children are in the new pid namespace, and end with its first. */
	if (unshare(CLONE_NEWNS | CLONE_NEWPID) < 0) {
		perror("model: unshare");
		_exit(EXIT_FAILURE);
	}
	child = fork();
	if (child == 0)
		run_cases(run, job, tally);
	_exit(waitpid(child, &status, 0) == child && status == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* Adds up what the jobs counted, and says whether that is a success. */
static bool report(const struct run *run, const struct tally *tallies)
{
	struct tally all = {0};
	unsigned long cases = (unsigned long)(run->last - run->first) + 1, failed;

	for (size_t i = 0; i < COUNTS; i++) {
		for (unsigned int job = 0; job < run->jobs; job++)
			all.counts[i] += tallies[job].counts[i];
		printf("# %8lu %s\n", all.counts[i], tally_names[i]);
	}
	/* A case that did not come to an end was not counted. */
	failed = cases - all.counts[CASES] + all.counts[CASES_FAILED];
	if (cases >= 100 && all.counts[CASES_ANY_OF_THOSE] < cases / 3) {
		printf("not ok - fewer than a third of the cases are of the kinds that matter\n");
		failed++;
	}
	printf("%lu passed, %lu failed\n", cases > failed ? cases - failed : 0, failed);
	return failed == 0;
}

static bool parse_place(const char *name, enum inside *place)
{
	for (size_t i = 1; i < ELEMENTS(places); i++)
		if (strcmp(places[i], name) == 0) {
			*place = (enum inside)i;
			return true;
		}
	return false;
}

static bool parse_options(int argc, char *argv[], struct run *run)
{
	static const struct option options[] = {
		{"cases", required_argument, NULL, 'c'},
		{"seed", required_argument, NULL, 's'},
		{"jobs", required_argument, NULL, 'j'},
		{"inside", required_argument, NULL, 'i'},
		{"verbose", no_argument, NULL, 'v'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (option) {
		case 'c':
			run->last = strtoull(optarg, NULL, 10);
			break;
		case 's':
			run->first = run->last = strtoull(optarg, NULL, 10);
			break;
		case 'j':
			run->jobs = (unsigned int)atoi(optarg);
			break;
		case 'i':
			if (!parse_place(optarg, &run->inside))
				return false;
			break;
		case 'v':
			run->verbose = true;
			break;
		default:
			return false;
		}
	return optind == argc && run->first <= run->last && run->jobs > 0 && run->jobs <= JOBS_MOST;
}

int main(int argc, char *argv[])
{
	struct run run = {.first = 1, .last = 300, .jobs = 2};
	struct tally *tallies;

	if (!parse_options(argc, argv, &run)) {
		fprintf(stderr,
			"usage: model [--cases N | --seed N] [--jobs N] [--inside chroot-mount | "
			"chroot-directory | pid | user] [--verbose]\n");
		return EXIT_FAILURE;
	}
	tallies = mmap(NULL, JOBS_MOST * sizeof(*tallies), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tallies == MAP_FAILED) {
		perror("model");
		return EXIT_FAILURE;
	}
	for (unsigned int job = 0; job < run.jobs; job++)
		start_job(&run, job, &tallies[job]);
	while (wait(NULL) > 0)
		;
	return report(&run, tallies) ? EXIT_SUCCESS : EXIT_FAILURE;
}
