/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results that a program acts on: places say by which rule they are a reason to refuse, and the
 * commands of a remedy can be run where the caller is.
 */
#include "libmnttuck.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands.h"
#include "fixture.h"
#include "kernel.h"
#include "tap.h"
#include "util.h"

static pid_t service;

/* Call @work in the mount namespace of the service. */
static bool in_service(bool (*work)(void))
{
	pid_t child = fork();
	char path[64];
	int status = -1;

	if (child == 0) {
		snprintf(path, sizeof(path), "/proc/%d/ns/mnt", service);
		_exit(setns(open(path, O_RDONLY | O_CLOEXEC), CLONE_NEWNS) < 0 || !work());
	}
	return waitpid(child, &status, 0) == child && status == 0;
}

static bool is_text(const char *text, const char *wanted)
{
	return text && strcmp(text, wanted) == 0;
}

/* The first place of that kind, in the namespace of @pid (0: any), that @rule refuses because of;
 * NULL: there is none. */
static const struct mnttuck_place *find_place(
	const struct mnttuck *tuck, enum mnttuck_place_kind kind, pid_t pid, const char *rule)
{
	const struct mnttuck_place *place = NULL;

	while ((place = mnttuck_next_place(tuck, place)))
		if (mnttuck_place_number(place, MNTTUCK_KIND) == kind &&
			(!pid || mnttuck_place_number(place, MNTTUCK_PID) == pid) &&
			is_text(mnttuck_place_text(place, MNTTUCK_PLACE_RULE), rule))
			return place;
	return NULL;
}

/* Whether a rule of that id refuses, and has a place in the plan. */
static bool is_refused_with_place(
	struct mnttuck *tuck, int r, enum mnttuck_place_kind kind, const char *rule)
{
	const struct mnttuck_refusal *refusal = mnttuck_get_refusal(tuck);

	return r < 0 && refusal && is_text(mnttuck_refusal_text(refusal, MNTTUCK_RULE), rule) &&
	       mnttuck_plan(tuck) == 0 && find_place(tuck, kind, 0, rule);
}

static bool prepare(struct mnttuck *tuck, unsigned int operations)
{
	mkdir("/srv/new", 0755);
	return mnttuck_set_operations(tuck, operations) == 0 &&
	       mnttuck_set_target(tuck, AT_FDCWD, "/opt") == 0 &&
	       (!(operations & MNTTUCK_TUCK) ||
		       mnttuck_set_source(tuck, AT_FDCWD, "/srv/new", MNTTUCK_BIND) == 0);
}

static void clean(const char *path)
{
	while (umount2(path, MNT_DETACH) == 0)
		;
}

static bool mount_old(void)
{
	return mount("old", "/opt", "tmpfs", 0, NULL) == 0 && mkdir("/opt/sub", 0755) == 0;
}

static bool mount_sub(void)
{
	return mount("sub", "/opt/sub", "tmpfs", 0, NULL) == 0;
}

/* ---- rules ---- */

static void left_behind(void)
{
	const struct mnttuck_place *place;

	NEEDS_CLONES;
	NEW_TUCK;
	check_or_return(mount_old());
	service = start_service(MS_SLAVE);
	check_or_return(service > 0 && in_service(mount_sub));
	check_or_return(prepare(tuck, MNTTUCK_TUCK | MNTTUCK_REVEAL));
	check(is_refused_with_place(
		tuck, mnttuck_attach(tuck), MNTTUCK_AFFECTED, "reveal-incomplete"));
	place = find_place(tuck, MNTTUCK_AFFECTED, service, "reveal-incomplete");
	check(place && mnttuck_place_number(place, MNTTUCK_IS_LEFT) == 1);
	/* The target's own place is none. */
	check(!mnttuck_place_text(mnttuck_next_place(tuck, NULL), MNTTUCK_PLACE_RULE));
	check(mnttuck_set_operations(tuck, MNTTUCK_TUCK | MNTTUCK_REVEAL | MNTTUCK_FORCE) == 0);
	check(mnttuck_attach(tuck) == 0 && mnttuck_reveal(tuck) > 0);
	check(find_place(tuck, MNTTUCK_LEFT, service, "reveal-incomplete"));
	end_service(service);
	clean("/opt");
}

static void lost_mounts(void)
{
	const struct mnttuck_place *place;

	NEEDS_CLONES;
	NEW_TUCK;
	check_or_return(mount_old() && mount_sub());
	check_or_return(prepare(tuck, MNTTUCK_TUCK | MNTTUCK_REVEAL));
	check(is_refused_with_place(tuck, mnttuck_attach(tuck), MNTTUCK_LOST, "reveal-children"));
	place = find_place(tuck, MNTTUCK_LOST, 0, "reveal-children");
	check_or_return(place);
	check_string(mnttuck_place_text(place, MNTTUCK_TARGET), "/opt/sub");
	check_string(mnttuck_place_text(place, MNTTUCK_SHOWS), "sub");
	clean("/opt/sub");
	clean("/opt");
}

/* What the new version has mounted, too, is not lost. */
static void same_mount_is_there(void)
{
	NEEDS_CLONES;
	NEW_TUCK;
	mkdir("/srv/new", 0755);
	mkdir("/srv/new/sub", 0755);
	check_or_return(mount_old() && mount_sub());
	check_or_return(mount("/opt/sub", "/srv/new/sub", NULL, MS_BIND, NULL) == 0);
	check(mnttuck_set_operations(tuck, MNTTUCK_TUCK | MNTTUCK_REVEAL) == 0);
	check(mnttuck_set_target(tuck, AT_FDCWD, "/opt") == 0);
	check(mnttuck_set_source(tuck, AT_FDCWD, "/srv/new", MNTTUCK_RBIND) == 0);
	check(mnttuck_plan(tuck) == 0 && !find_place(tuck, MNTTUCK_LOST, 0, "reveal-children"));
	check(mnttuck_attach(tuck) == 0 && mnttuck_reveal(tuck) == 0);
	clean("/opt/sub");
	clean("/opt");
	clean("/srv/new/sub");
}

/* The directory that /opt covers, in the peer group of /, at another place. */
static void landing_on_top(void)
{
	const struct mnttuck_place *place;

	NEEDS_CLONES;
	NEW_TUCK;
	mkdir("/srv/bare", 0755);
	check_or_return(mount_old());
	check_or_return(mount("elsewhere", "/mnt", "tmpfs", 0, NULL) == 0);
	check_or_return(mount(NULL, "/mnt", NULL, MS_PRIVATE, NULL) == 0);
	check_or_return(mkdir("/mnt/alias", 0755) == 0);
	check_or_return(mount("/", "/srv/bare", NULL, MS_BIND, NULL) == 0);
	check_or_return(mount("/srv/bare/opt", "/mnt/alias", NULL, MS_BIND, NULL) == 0);
	check_or_return(umount2("/srv/bare", MNT_DETACH) == 0);
	check_or_return(prepare(tuck, MNTTUCK_TUCK));
	check(is_refused_with_place(
		tuck, mnttuck_attach(tuck), MNTTUCK_AFFECTED, "receiver-propagates"));
	place = find_place(tuck, MNTTUCK_AFFECTED, 0, "receiver-propagates");
	check(place && is_text(mnttuck_place_text(place, MNTTUCK_TARGET), "/mnt/alias"));
	clean("/mnt");
	clean("/opt");
}

static void own_parent(void)
{
	NEEDS_CLONES;
	NEW_TUCK;
	check_or_return(mount("/opt", "/opt", NULL, MS_BIND, NULL) == 0);
	check_or_return(prepare(tuck, MNTTUCK_TUCK));
	check(is_refused_with_place(
		tuck, mnttuck_attach(tuck), MNTTUCK_AFFECTED, "parent-propagates"));
	clean("/opt");
}

static bool reveal_alone(void)
{
	return umount2("/opt", MNT_DETACH) == 0;
}

/* A service has revealed for itself, so that it shows what lies beneath. */
static void shown_beneath(void)
{
	_cleanup_(cleanup_tuck) struct mnttuck *removal = NULL;

	NEEDS_CLONES;
	NEW_TUCK;
	check_or_return(mount_old());
	service = start_service(MS_SLAVE);
	check_or_return(service > 0 && prepare(tuck, MNTTUCK_TUCK));
	check(mnttuck_attach(tuck) == 0 && in_service(reveal_alone));
	check_or_return(mnttuck_new(&removal) == 0 && prepare(removal, MNTTUCK_REMOVE_BENEATH));
	if (mnttuck_remove_beneath(removal) < 0 &&
		is_text(mnttuck_refusal_text(mnttuck_get_refusal(removal), MNTTUCK_RULE),
			"kernel-support")) {
		skip("this kernel has no way to unmount what others cover");
	} else {
		check(is_refused_with_place(removal, mnttuck_remove_beneath(removal),
			MNTTUCK_AFFECTED, "beneath-shown"));
		check(find_place(removal, MNTTUCK_AFFECTED, service, "beneath-shown"));
	}
	end_service(service);
	clean("/opt");
}

/* ---- places that nothing reaches ---- */

static bool shows_new(void)
{
	return access("/opt/there", F_OK) == 0;
}

static bool is_replaced_in_service(const struct mnttuck *tuck)
{
	const struct mnttuck_place *place = NULL;

	while ((place = mnttuck_next_place(tuck, place)))
		if (mnttuck_place_number(place, MNTTUCK_KIND) == MNTTUCK_REPLACED &&
			mnttuck_place_number(place, MNTTUCK_PID) == service)
			return true;
	return false;
}

static void replaced_elsewhere(void)
{
	bool is_replaced;

	NEEDS_CLONES;
	NEW_TUCK;
	check_or_return(mount_old());
	service = start_service(MS_PRIVATE);
	check_or_return(service > 0 && prepare(tuck, MNTTUCK_TUCK | MNTTUCK_REVEAL));
	close(creat("/srv/new/there", 0644));
	check(mnttuck_replace_elsewhere(tuck) == -EINVAL);
	check(mnttuck_set_operations(tuck, MNTTUCK_TUCK | MNTTUCK_REVEAL | MNTTUCK_EVERYWHERE) ==
		0);
	check(mnttuck_replace_elsewhere(tuck) == -EINVAL);
	check(mnttuck_attach(tuck) == 0 && mnttuck_replace_elsewhere(tuck) == 0);
	is_replaced = is_replaced_in_service(tuck);
	check(mnttuck_reveal(tuck) == 0 && mnttuck_replace_elsewhere(tuck) == 0);
	check(is_replaced || is_replaced_in_service(tuck));
	check(in_service(shows_new));
	end_service(service);
	clean("/opt");
}

/* ---- ids ---- */

/* Ids are told where the kernel has them. */
static bool is_id(int64_t told, uint64_t wanted)
{
	return !wanted || told == (int64_t)wanted;
}

static void ids_of_places(void)
{
	_cleanup_close_ int own = kernel_open_own_namespace();
	struct kernel_namespace namespace = {0};
	const struct mnttuck_place *place;
	uint64_t top = 0, new = 0;

	NEEDS_CLONES;
	NEW_TUCK;
	check_or_return(mount_old() && prepare(tuck, MNTTUCK_TUCK | MNTTUCK_REVEAL));
	kernel_namespace_info(own, &namespace);
	check(mnttuck_get_mount_id(tuck, MNTTUCK_TOP_MOUNT, &top, NULL) == 0);
	check(mnttuck_plan(tuck) == 0);
	place = mnttuck_next_place(tuck, NULL);
	check_or_return(place);
	check(is_id(mnttuck_place_number(place, MNTTUCK_NAMESPACE_ID), namespace.id));
	check(is_id(mnttuck_place_number(place, MNTTUCK_BENEATH_ID), top));
	check(is_id(mnttuck_place_number(place, MNTTUCK_UNMOUNTS_ID), top));
	/* What will show has no id yet. */
	check(mnttuck_place_number(place, MNTTUCK_SHOWS_ID) == 0);
	check(mnttuck_attach(tuck) == 0);
	check(mnttuck_get_mount_id(tuck, MNTTUCK_NEW_MOUNT, &new, NULL) == 0);
	check(mnttuck_find(tuck, MNTTUCK_NEW) == 0);
	place = mnttuck_next_place(tuck, NULL);
	check(place && is_id(mnttuck_place_number(place, MNTTUCK_MOUNT_ID), new));
	clean("/opt");
}

/* ---- what can't be seen ---- */

/* A namespace can't be entered, and the kernel does not tell of it by its id. */
static bool is_blind;

int setns(int fd, int type)
{
	if (is_blind) {
		errno = EPERM;
		return -1;
	}
	return (int)syscall(SYS_setns, fd, type);
}

#define HIDES_NAMESPACES is_blind
#include "hidden-namespaces.h"

static void blind_spot(void)
{
	const struct mnttuck_place *place = NULL;
	const struct mnttuck_check *rule = NULL;
	bool is_listed = false, is_unchecked = false;

	NEEDS_CLONES;
	NEW_TUCK;
	check_or_return(mount_old() && prepare(tuck, MNTTUCK_TUCK));
	/* Its process sees nothing of the mounts: it is in a plain directory. */
	service = start_service_in("/srv", MS_SLAVE);
	check_or_return(service > 0);
	is_blind = true;
	check(mnttuck_plan(tuck) == 0);
	while ((place = mnttuck_next_place(tuck, place)))
		is_listed =
			is_listed || (mnttuck_place_number(place, MNTTUCK_KIND) == MNTTUCK_UNSEEN &&
					     mnttuck_place_number(place, MNTTUCK_PID) == service &&
					     mnttuck_place_number(place, MNTTUCK_ERROR) == -EPERM);
	check(is_listed);
	check(mnttuck_check(tuck) == 0);
	while ((rule = mnttuck_next_check(tuck, rule)))
		is_unchecked =
			is_unchecked ||
			(is_text(mnttuck_check_text(rule, MNTTUCK_RULE), "receiver-propagates") &&
				mnttuck_check_verdict(rule) == MNTTUCK_UNCHECKED &&
				mnttuck_check_text(rule, MNTTUCK_DETAIL));
	check(is_unchecked);
	is_blind = false;
	end_service(service);
	clean("/opt");
}

/* ---- remedies ---- */

static bool bind_opt_on_itself(void)
{
	return mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) == 0 &&
	       mount("/opt", "/opt", NULL, MS_BIND, NULL) == 0;
}

/* Run the commands of a remedy, which begin with a tab, by the programs that were built. */
static bool run_commands(const char *remedy)
{
	_cleanup_free_ char *commands = strdup(remedy);
	const char *build = getenv("MOUNT_TUCK_BUILD"), *path = getenv("PATH");
	_cleanup_free_ char *with_names = NULL, *mount_program = NULL, *name = NULL;
	bool has_run = false;

	/* Remedies name mount as it is to be installed. */
	if (!commands || !build || asprintf(&with_names, "/srv/names:%s", path ?: "") < 0 ||
		asprintf(&mount_program, "%s/mount", build) < 0 ||
		asprintf(&name, "/srv/names/%s", command_name(COMMAND_MOUNT)) < 0)
		return false;
	mkdir("/srv/names", 0755);
	check(symlink(mount_program, name) == 0 || errno == EEXIST);
	setenv("PATH", with_names, 1);
	for (char *line = commands, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (*line != '\t')
			continue;
		printf("# %s\n", line + 1);
		has_run = true;
		/* NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): it is a command for a shell
		 */
		check(system(line + 1) == 0);
	}
	return has_run;
}

static void remedy_for_namespace(void)
{
	_cleanup_close_ int namespace = -1;
	const struct mnttuck_refusal *refusal;
	char path[64], option[64];
	struct stat st = {0};

	NEEDS_CLONES;
	NEW_TUCK;
	mkdir("/srv/new", 0755);
	service = start_service(MS_PRIVATE);
	check_or_return(service > 0 && in_service(bind_opt_on_itself));
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", service);
	namespace = open(path, O_RDONLY | O_CLOEXEC);
	check_or_return(namespace >= 0 && fstat(namespace, &st) == 0);
	check(mnttuck_set_namespace(tuck, namespace) == 0);
	check_or_return(prepare(tuck, MNTTUCK_TUCK));
	check(mnttuck_attach(tuck) == -EINVAL);
	refusal = mnttuck_get_refusal(tuck);
	check_or_return(refusal && mnttuck_refusal_text(refusal, MNTTUCK_REMEDY));
	check_string(mnttuck_refusal_text(refusal, MNTTUCK_RULE), "parent-propagates");
	snprintf(option, sizeof(option), " --namespace %llu --make-private /opt ",
		(unsigned long long)st.st_ino);
	check(strstr(mnttuck_refusal_text(refusal, MNTTUCK_REMEDY), option));
	check(run_commands(mnttuck_refusal_text(refusal, MNTTUCK_REMEDY)));
	check(mnttuck_attach(tuck) == 0);
	end_service(service);
}

/* Outside of such a call a remedy is for the caller's own namespace. */
static void remedy_here(void)
{
	const struct mnttuck_refusal *refusal;

	NEEDS_CLONES;
	NEW_TUCK;
	check_or_return(mount("/opt", "/opt", NULL, MS_BIND, NULL) == 0);
	check_or_return(prepare(tuck, MNTTUCK_TUCK));
	check(mnttuck_attach(tuck) == -EINVAL);
	refusal = mnttuck_get_refusal(tuck);
	check_or_return(refusal && mnttuck_refusal_text(refusal, MNTTUCK_REMEDY));
	check(!strstr(mnttuck_refusal_text(refusal, MNTTUCK_REMEDY), "--namespace"));
	check(run_commands(mnttuck_refusal_text(refusal, MNTTUCK_REMEDY)));
	check(mnttuck_attach(tuck) == 0);
	clean("/opt");
}

static const struct tap_test tests[] = {
	{"a place that would be left behind, and one that was left, belong to reveal-incomplete",
		left_behind},
	{"a mount that would be lost is a place that belongs to reveal-children", lost_mounts},
	{"a mount that the new version has at the same path, too, is none", same_mount_is_there},
	{"a place where the new mount would land on top belongs to receiver-propagates",
		landing_on_top},
	{"if that is the target itself, it belongs to parent-propagates", own_parent},
	{"a place that shows what is to be taken away belongs to beneath-shown", shown_beneath},
	{"the old version is replaced where no unmount reaches it, and that is a place, too",
		replaced_elsewhere},
	{"a place has the ids of its namespace and of the mounts that it names", ids_of_places},
	{"a namespace that can't be read is a place of its own, and the rule is unchecked",
		blind_spot},
	{"the remedy for another namespace works from the caller's", remedy_for_namespace},
	{"the remedy for the caller's own namespace names none", remedy_here},
};

TAP_MAIN(tests)
