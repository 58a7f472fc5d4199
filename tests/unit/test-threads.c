/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The public API in a daemon with threads: every public function is called by two threads at once,
 * which work in different mount namespaces. tests/abi.bats checks that none is left out here.
 *
 * Also built with ThreadSanitizer (tools/check --long).
 */
#include "libmnttuck.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attach.h"
#include "fixture.h"
#include "kernel.h"
#include "tap.h"
#include "util.h"

enum { THREADS = 2, ROUNDS = 3 };

/* One of the threads. */
struct worker {
	pthread_t thread;
	int namespace_fd; /* to work in; -1: a copy of the process's, which the thread enters */
	const char *failure;
	int lines, questions, trials;
};

/* Both go on from here together. */
static pthread_barrier_t start;

/* The worker fails if @condition does not hold, or changes errno; tap's checks are for one thread.
 */
#define DEMAND(condition)                                                                          \
	do {                                                                                       \
		errno = ENOTTY;                                                                    \
		if (!(condition) || errno != ENOTTY) {                                             \
			worker->failure = #condition;                                              \
			return;                                                                    \
		}                                                                                  \
	} while (0)

static void count_line(void *data, const char *line)
{
	struct worker *worker = data;

	worker->lines += *line != '\0';
}

static int agree(void *data)
{
	struct worker *worker = data;

	worker->questions++;
	return 0;
}

static int try_tree(void *data, int tree, int *clone)
{
	struct worker *worker = data;

	worker->trials++;
	return faccessat(tree, "new", F_OK, 0) == 0 && *clone == -1 ? 0 : -ENOENT;
}

/* ---- every public function ---- */

static void set_everything(struct worker *worker, struct mnttuck *tuck, struct mnttuck_world *world)
{
	DEMAND(mnttuck_set_world(tuck, world) == 0);
	DEMAND(mnttuck_set_operations(tuck, MNTTUCK_TUCK | MNTTUCK_REVEAL | MNTTUCK_EVERYWHERE) ==
		0);
	DEMAND(mnttuck_set_rules(tuck, MNTTUCK_STRICT) == 0);
	DEMAND(mnttuck_skip_rule(tuck, "source-private") == 0);
	DEMAND(mnttuck_keep_groups(tuck, 0) == 0);
	DEMAND(mnttuck_refuse_unchecked(tuck, 0) == 0);
	DEMAND(mnttuck_set_log(tuck, count_line, worker) == 0);
	DEMAND(mnttuck_set_confirm(tuck, agree, worker) == 0);
	if (worker->namespace_fd >= 0)
		DEMAND(mnttuck_set_namespace(tuck, worker->namespace_fd) == 0);
	DEMAND(mnttuck_set_target(tuck, AT_FDCWD, "/opt") == 0);
	DEMAND(mnttuck_set_attributes(tuck, MOUNT_ATTR_NOSUID, 0, 1) == 0);
	DEMAND(mnttuck_set_idmapping(tuck, -1, 0) == -EBADF);
	DEMAND(mnttuck_set_propagation(tuck, 0, 0) == 0);
	/* What is no descriptor is refused, and leaves room for a source. */
	DEMAND(mnttuck_set_source_tree(tuck, -1, "tree") == -EBADF);
	DEMAND(mnttuck_set_source(tuck, AT_FDCWD, "/srv/source", MNTTUCK_BIND) == 0);
	DEMAND(mnttuck_set_group(-1, -1) == -EBADF);
}

static void read_results(struct worker *worker, struct mnttuck *tuck)
{
	const struct mnttuck_place *place = NULL;
	const struct mnttuck_check *rule = NULL;

	DEMAND(mnttuck_explain(tuck) == 0 && !mnttuck_get_refusal(tuck));
	while ((rule = mnttuck_next_check(tuck, rule)))
		DEMAND(mnttuck_check_text(rule, MNTTUCK_RULE) &&
			mnttuck_check_verdict(rule) != MNTTUCK_REFUSED);
	DEMAND(mnttuck_plan(tuck) == 0);
	place = mnttuck_next_place(tuck, NULL);
	DEMAND(place && mnttuck_place_number(place, MNTTUCK_KIND) == MNTTUCK_AFFECTED);
	DEMAND(strcmp(mnttuck_place_text(place, MNTTUCK_TARGET), "/opt") == 0);
	DEMAND(mnttuck_watch(tuck) >= 0);
	DEMAND(mnttuck_find(tuck, MNTTUCK_OLD) == 0);
	DEMAND(mnttuck_check(tuck) == 0);
}

static void replace(struct worker *worker, struct mnttuck *tuck)
{
	uint64_t unique_id;
	int id = 0;

	DEMAND(mnttuck_try(tuck, try_tree, worker) == 0);
	DEMAND(mnttuck_prepare_wait(tuck) == 0);
	DEMAND(mnttuck_attach(tuck) == 0 && mnttuck_is_attached(tuck));
	DEMAND(!mnttuck_get_outcome(tuck) && mnttuck_get_outcome_error(tuck) == 0);
	DEMAND(mnttuck_get_mount_id(tuck, MNTTUCK_NEW_MOUNT, &unique_id, &id) == 0 && id > 0);
	DEMAND(mnttuck_get_way(tuck) == MNTTUCK_BY_FLAG
			? mnttuck_get_mount_fd(tuck) >= 0
			: mnttuck_get_mount_fd(tuck) == -EOPNOTSUPP);
	DEMAND(mnttuck_replace_elsewhere(tuck) == 0);
	DEMAND(mnttuck_reveal(tuck) == 0 && mnttuck_is_revealed(tuck));
	DEMAND(mnttuck_replace_elsewhere(tuck) == 0);
	DEMAND(mnttuck_wait(tuck, 10000) == 0);
}

/* A refusal has its texts, and a mount beneath is taken away. */
static void refuse_and_remove(struct worker *worker, struct mnttuck *tuck)
{
	const struct mnttuck_refusal *refusal;

	DEMAND(mnttuck_set_operations(tuck, MNTTUCK_REMOVE_BENEATH) == 0);
	if (worker->namespace_fd >= 0)
		DEMAND(mnttuck_set_namespace(tuck, worker->namespace_fd) == 0);
	DEMAND(mnttuck_set_target(tuck, AT_FDCWD, "/opt") == 0);
	DEMAND(mnttuck_remove_beneath(tuck) < 0);
	refusal = mnttuck_get_refusal(tuck);
	DEMAND(refusal && mnttuck_refusal_error(refusal) < 0);
	DEMAND(mnttuck_refusal_text(refusal, MNTTUCK_MESSAGE));
}

static void call_everything(struct worker *worker)
{
	struct mnttuck_world *world = NULL;
	struct mnttuck *tuck = NULL;

	DEMAND(*mnttuck_version());
	DEMAND(mnttuck_world_new(&world) == 0 && mnttuck_new(&tuck) == 0);
	set_everything(worker, tuck, world);
	if (!worker->failure)
		read_results(worker, tuck);
	if (!worker->failure)
		replace(worker, tuck);
	mnttuck_free(tuck);
	mnttuck_world_free(world);
	if (worker->failure)
		return;
	DEMAND(mnttuck_new(&tuck) == 0);
	refuse_and_remove(worker, tuck);
	mnttuck_free(tuck);
	if (!worker->failure)
		DEMAND(worker->lines > 0 && worker->questions > 0 && worker->trials > 0);
}

/* ---- the namespaces ---- */

/* Mount the old version, in the namespace of the caller. */
static bool mount_old(void)
{
	return mount("old", "/opt", "tmpfs", 0, NULL) == 0;
}

/* In a copy of the process's namespace, in peer groups of its own. */
static void work_in_copy(struct worker *worker)
{
	DEMAND(unshare(CLONE_FS | CLONE_NEWNS) == 0);
	DEMAND(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	DEMAND(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) == 0);
	for (int round = 0; round < ROUNDS && !worker->failure; round++) {
		DEMAND(mount_old());
		call_everything(worker);
		while (umount2("/opt", MNT_DETACH) == 0)
			;
	}
}

static void *work(void *argument)
{
	struct worker *worker = argument;

	pthread_barrier_wait(&start);
	if (worker->namespace_fd >= 0)
		call_everything(worker);
	else
		work_in_copy(worker);
	return NULL;
}

/* @namespaces: to work in, or NULL. */
static void run_workers(const int *namespaces)
{
	struct worker workers[THREADS];
	int before = count_descriptors();

	check_or_return(pthread_barrier_init(&start, NULL, THREADS) == 0);
	for (int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){.namespace_fd = namespaces ? namespaces[i] : -1};
		check_or_return(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
	}
	for (int i = 0; i < THREADS; i++) {
		check(pthread_join(workers[i].thread, NULL) == 0);
		check_string(workers[i].failure, NULL);
	}
	pthread_barrier_destroy(&start);
	check(count_descriptors() == before);
	/* No child is left for somebody who waits for any. */
	check(waitpid(-1, NULL, __WALL | WNOHANG) < (namespaces ? 1 : 0));
}

static bool make_source(void)
{
	mkdir("/srv/source", 0755);
	return mkdir("/srv/source/new", 0755) == 0 || errno == EEXIST;
}

static void in_copies(void)
{
	NEEDS_CLONES;
	check_or_return(make_source());
	run_workers(NULL);
}

static void by_propagation(void)
{
	NEEDS_CLONES;
	attach_use_environment();
	check_or_return(setenv("LIBMNTTUCK_ATTACH", "propagation", 1) == 0);
	in_copies();
	unsetenv("LIBMNTTUCK_ATTACH");
}

static volatile sig_atomic_t children_ended;

static void note_child(int signal)
{
	(void)signal;
	children_ended = children_ended + 1;
}

static void with_ignored_children(void)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN}, note = {.sa_handler = note_child};
	struct sigaction old;

	NEEDS_CLONES;
	check_or_return(sigaction(SIGCHLD, &ignore, &old) == 0);
	in_copies();
	by_propagation();
	check_or_return(sigaction(SIGCHLD, &note, NULL) == 0);
	in_copies();
	by_propagation();
	check(children_ended == 0);
	sigaction(SIGCHLD, &old, NULL);
}

/* Each service has an old version of its own. */
static void work_in_services(void)
{
	int namespaces[THREADS];
	pid_t services[THREADS];
	char path[64];

	for (int i = 0; i < THREADS; i++) {
		check_or_return(mount_old());
		services[i] = start_service(MS_PRIVATE);
		check_or_return(services[i] > 0);
		snprintf(path, sizeof(path), "/proc/%d/ns/mnt", services[i]);
		namespaces[i] = open(path, O_RDONLY | O_CLOEXEC);
		check(umount2("/opt", MNT_DETACH) == 0);
	}
	run_workers(namespaces);
	for (int i = 0; i < THREADS; i++) {
		close(namespaces[i]);
		end_service(services[i]);
	}
}

static void in_services(void)
{
	NEEDS_CLONES;
	check_or_return(make_source());
	for (int round = 0; round < ROUNDS; round++)
		work_in_services();
}

static const struct tap_test tests[] = {
	{"two threads, each in a mount namespace of its own, call every function", in_copies},
	{"where mounts arrive by propagation, too", by_propagation},
	{"also with SIGCHLD ignored, and with a handler, which is never called",
		with_ignored_children},
	{"two threads in one namespace work in those of two services", in_services},
};

TAP_MAIN(tests)
