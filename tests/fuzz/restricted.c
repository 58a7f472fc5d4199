/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-restricted: random lines of fstab, and random command lines of the set-user-ID mount and
 * umount, as nobody, against a root with secrets. tests/fuzz/restricted makes that root, and starts
 * this there.
 *
 *	fuzz-restricted SECONDS SEED [FIRST]
 *
 * After each command:
 *	- its output has none of the secrets, which are names and a content below /secret;
 *	- each new mount is at a target of a line that grants it, is nosuid and nodev, and shows no
 *	  secret;
 *	- root's own mounts are there, with the options that they had.
 * Prints the number of commands, and how many mounted something; or the command that broke a
 * promise, with its number and its fstab. With FIRST the commands before that number are not run,
 * so that a finding is soon repeated.
 */
#include <err.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECRET	     "s3cr3t" /* in each name and content below /secret */
#define HOME	     "/home/nobody"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
	NOBODY = 65534,
	MOST_LINES = 4,
	MOST_WORDS = 8,
	MOST_OPTIONS = 6,
	MOST_MOUNTS = 64,
	NOT_RUN = 199
};

static const char *const sources[] = {"a", "none", "/srv/image", "/srv/tree", HOME "/image",
	HOME "/link", HOME "/fifo", HOME "/dir", HOME "/way/image", "LABEL=disc", "UUID=1",
	"/dev/zero"};
static const char *const targets[] = {"/mnt/a", "/mnt/b", HOME "/usb", HOME "/dir", HOME "/link",
	HOME "/way/usb", "/mnt/link", "/victim"};
static const char *const types[] = {
	"tmpfs", "tmpfs", "ext4", "none", "auto", "ext4,tmpfs", "foo", "fuse.x"};
static const char *const grants[] = {"user", "users", "owner", "group"};
static const char *const options[] = {"rw", "ro", "noauto", "bind", "rbind", "loop", "offset=0",
	"sizelimit=4M", "X-mount.mkdir", "X-mount.subdir=link", "X-mount.subdir=current",
	"X-mount.owner=nobody", "X-mount.mode=777", "private", "rshared", "nofail", "x-note",
	"noexec", "sync", "nosymfollow", "remount", "defaults", "size=1m", "context=\"a,b\"",
	"comment=x", "_netdev", "uid=nobody"};
static const char *const words[] = {"-v", "-l", "-r", "-w", "-n", "-f", "-i", "-a", "-d", "-c",
	"-R", "-A", "-q", "-s", "-M", "--bind", "--move", "--make-private", "--tuck", "--reveal",
	"--beneath", "--lazy", "--verbose", "--fake", "--graceful", "--force", "-o", "-t", "-L",
	"-U", "-N", "-T", "-O", "--source", "--target", "--options-mode", "--", "ro", "suid,dev",
	"remount", "tmpfs", "ext4", "1", "ignore", "disc", "/etc/fstab", (HOME "/fstab"),
	"/secret/guess", "/secret", (HOME "/hidden"), ("LABEL=" HOME "/link"), ".", "..", "",
	"user=nobody"};
static const char *const links[] = {"/secret/" SECRET, "/secret/" SECRET "-dir",
	"/secret/" SECRET "-image", "/secret/" SECRET "-link", "/secret/guess", "/victim", "/",
	"/dev/zero", "/srv/image", HOME "/own", HOME "/dir"};

static uint64_t state;

static size_t random_below(size_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (size_t)(state >> 11) % limit;
}
#define PICK(array) ((array)[random_below(COUNT(array))])

/* ---- one case ---- */

struct line {
	const char *source, *target;
	bool is_granted;
	char text[512];
};

struct trial {
	size_t number;
	struct line lines[MOST_LINES];
	size_t line_count;
	const char *argv[MOST_WORDS + 2];
	char output[65536];
};

static void make_line(struct line *line)
{
	char list[256] = "";

	line->source = PICK(sources);
	line->target = PICK(targets);
	line->is_granted = random_below(4) > 0;
	if (line->is_granted)
		strcat(list, PICK(grants));
	for (size_t i = random_below(2) ? 0 : random_below(MOST_OPTIONS); i > 0; i--) {
		if (*list)
			strcat(list, ",");
		strcat(list, PICK(options));
	}
	snprintf(line->text, sizeof(line->text), "%s %s %s %s\n", line->source, line->target,
		PICK(types), *list ? list : "rw");
}

static void write_fstab(struct trial *trial)
{
	FILE *file = fopen("/etc/fstab", "we");

	if (!file)
		err(EXIT_FAILURE, "fstab");
	trial->line_count = 1 + random_below(MOST_LINES);
	for (size_t i = 0; i < trial->line_count; i++) {
		make_line(&trial->lines[i]);
		fputs(trial->lines[i].text, file);
	}
	fclose(file);
}

/* What the user has where lines and commands lead. */
static void arrange_home(void)
{
	static const char *const names[] = {HOME "/image", HOME "/link", HOME "/usb", HOME "/way"};

	for (size_t i = 0; i < COUNT(names); i++) {
		if (unlink(names[i]) < 0)
			rmdir(names[i]);
		if (random_below(3)) {
			if (mkdir(names[i], 0755) == 0)
				(void)!chown(names[i], NOBODY, NOBODY);
		} else {
			(void)!symlink(PICK(links), names[i]);
		}
	}
}

static void make_command(struct trial *trial)
{
	size_t count = 0, more = random_below(2) ? 0 : random_below(4);

	trial->argv[count++] = random_below(3) ? "mount" : "umount";
	while (more-- > 0)
		trial->argv[count++] = PICK(words);
	if (random_below(8))
		trial->argv[count++] = random_below(4) ? trial->lines[0].target : PICK(targets);
	if (!random_below(4))
		trial->argv[count++] = random_below(2) ? trial->lines[0].source : PICK(sources);
	trial->argv[count] = NULL;
}

static _Noreturn void run_as_nobody(struct trial *trial, int out)
{
	static char *const environment[] = {
		(char *)"PATH=/program:/usr/bin", (char *)"LC_ALL=C.UTF-8", NULL};
	char program[32];
	int null = open("/dev/null", O_RDWR);

	snprintf(program, sizeof(program), "/program/%s", trial->argv[0]);
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
		setresuid(NOBODY, NOBODY, NOBODY) < 0 || chdir(random_below(2) ? "/" : HOME) < 0)
		_exit(NOT_RUN);
	execve(program, (char *const *)trial->argv, environment);
	_exit(NOT_RUN);
}

/* Whether @process has none of root's IDs. Then it may read, for example, a FIFO of the user's that
 * never ends, as the user's cat(1) may. */
static bool has_given_up(pid_t process)
{
	char path[64], line[256];
	unsigned int real, effective, saved, of_files;
	bool is_users = false;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", process);
	status = fopen(path, "re");
	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "Uid: %u %u %u %u", &real, &effective, &saved, &of_files) == 4)
			is_users = effective == NOBODY && saved == NOBODY && of_files == NOBODY;
	if (status)
		fclose(status);
	return is_users;
}

/* Returns false if it had to be killed while it had rights of root's. */
static bool run(struct trial *trial)
{
	enum { MOST_WAIT = 20000, MOST_WAIT_OF_USER = 3000 };
	struct pollfd watched = {.events = POLLIN};
	size_t used = 0;
	int ends[2], status = 0;
	bool in_time = true;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		err(EXIT_FAILURE, "pipe2");
	child = fork();
	if (child == 0)
		run_as_nobody(trial, ends[1]);
	close(ends[1]);
	watched.fd = ends[0];
	while ((in_time = poll(&watched, 1, MOST_WAIT_OF_USER) > 0 ||
			  (!has_given_up(child) &&
				  poll(&watched, 1, MOST_WAIT - MOST_WAIT_OF_USER) > 0))) {
		ssize_t n = read(ends[0], trial->output + used, sizeof(trial->output) - 1 - used);

		if (n <= 0)
			break;
		used += (size_t)n;
	}
	trial->output[used] = '\0';
	close(ends[0]);
	if (!in_time) {
		in_time = has_given_up(child);
		kill(child, SIGKILL);
	}
	waitpid(child, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_RUN)
		errx(EXIT_FAILURE, "can't run /program/%s as nobody", trial->argv[0]);
	return in_time;
}

/* ---- the judgement ---- */

static _Noreturn void broken(const struct trial *trial, const char *promise, const char *what)
{
	printf("# broken by command %zu: %s: %s\n# fstab:\n", trial->number, promise, what);
	for (size_t i = 0; i < trial->line_count; i++)
		printf("#   %s", trial->lines[i].text);
	printf("# command:");
	for (size_t i = 0; trial->argv[i]; i++)
		printf(" '%s'", trial->argv[i]);
	printf("\n# output: %s\n", trial->output);
	exit(EXIT_FAILURE);
}

static bool is_granted_at(const struct trial *trial, const char *place)
{
	for (size_t i = 0; i < trial->line_count; i++) {
		char *real =
			trial->lines[i].is_granted ? realpath(trial->lines[i].target, NULL) : NULL;
		bool is_there = real && strcmp(real, place) == 0;

		free(real);
		if (is_there)
			return true;
	}
	return false;
}

static void check_mount(
	const struct trial *trial, const char *place, const char *flags, const char *line)
{
	char path[512];
	struct stat st;

	if (!is_granted_at(trial, place))
		broken(trial, "nothing is mounted that fstab does not grant", line);
	if (!strstr(flags, "nosuid") || !strstr(flags, "nodev"))
		broken(trial, "a user's mount is nosuid and nodev", line);
	snprintf(path, sizeof(path), "%s/" SECRET "-inside", place);
	if (lstat(path, &st) == 0)
		broken(trial, "a user's mount shows no secret", line);
}

/* Root's own mounts, as lines of mountinfo, from before the first command. */
static struct {
	char *lines[MOST_MOUNTS];
	size_t count;
} roots;

static FILE *open_mounts(void)
{
	FILE *table = fopen("/proc/self/mountinfo", "re");

	if (!table)
		err(EXIT_FAILURE, "mountinfo");
	return table;
}

static void remember_mounts(void)
{
	FILE *table = open_mounts();
	size_t room = 0;

	while (roots.count < MOST_MOUNTS && getline(&roots.lines[roots.count], &room, table) > 0) {
		roots.count++;
		room = 0;
	}
	fclose(table);
	if (roots.count == MOST_MOUNTS)
		errx(EXIT_FAILURE, "too many mounts");
}

/* Which of root's own mounts is in that line of mountinfo, by its id; -1: none. */
static int find_roots(const char *line)
{
	for (size_t i = 0; i < roots.count; i++)
		if (strtol(roots.lines[i], NULL, 10) == strtol(line, NULL, 10))
			return (int)i;
	return -1;
}

/* A user may change one of root's mounts only if a line of fstab grants a remount there. */
static void check_roots(
	const struct trial *trial, size_t number, const char *place, const char *line)
{
	bool is_granted = false;

	if (strcmp(roots.lines[number], line) == 0)
		return;
	for (size_t i = 0; i < trial->line_count; i++)
		is_granted |= strstr(trial->lines[i].text, "remount") != NULL;
	if (!is_granted || !is_granted_at(trial, place))
		broken(trial, "root's own mounts stay as they are", line);
	free(roots.lines[number]);
	roots.lines[number] = strdup(line);
}

/* Check each mount, and unmount all but root's own. Returns how many there were. */
static size_t check_mounts(const struct trial *trial)
{
	FILE *table = open_mounts();
	bool is_there[MOST_MOUNTS] = {false};
	char *line = NULL, *places[MOST_MOUNTS];
	size_t room = 0, count = 0;

	while (getline(&line, &room, table) > 0 && count < COUNT(places)) {
		int number = find_roots(line);
		char place[256], flags[256];

		if (sscanf(line, "%*s %*s %*s %*s %255s %255s", place, flags) != 2)
			continue;
		if (number >= 0) {
			is_there[number] = true;
			check_roots(trial, (size_t)number, place, line);
			continue;
		}
		/* In a recursive bind of /srv/tree. */
		if (strstr(line, " tmpfs roots-own "))
			continue;
		check_mount(trial, place, flags, line);
		places[count++] = strdup(place);
	}
	fclose(table);
	free(line);
	for (size_t i = 0; i < roots.count; i++)
		if (!is_there[i])
			broken(trial, "root's own mounts stay", roots.lines[i]);
	for (size_t i = count; i-- > 0; free(places[i]))
		umount2(places[i], MNT_DETACH | UMOUNT_NOFOLLOW);
	return count;
}

int main(int argc, char **argv)
{
	static struct trial trial;
	size_t first, commands = 0, mounted = 0;
	time_t end;

	if (argc != 3 && argc != 4)
		errx(EXIT_FAILURE, "usage: fuzz-restricted SECONDS SEED [FIRST]");
	first = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	remember_mounts();
	end = time(NULL) + atol(argv[1]);
	state = strtoull(argv[2], NULL, 10) * 2 + 1;
	for (int i = 0; i < 20; i++)
		random_below(2);
	for (; time(NULL) < end; trial.number++) {
		write_fstab(&trial);
		arrange_home();
		make_command(&trial);
		if (trial.number < first)
			continue;
		commands++;
		if (!run(&trial))
			broken(&trial, "each command with root's rights ends", "it was killed");
		if (strstr(trial.output, SECRET))
			broken(&trial, "no output has a secret", SECRET);
		mounted += check_mounts(&trial) > 0;
		unlink("/run/mount/utab");
	}
	printf("%zu commands, %zu mounted something\n", commands, mounted);
	/* Otherwise nothing has been tried. */
	return commands > 0 && mounted == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
