/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuse-server HOW DIRECTORY TEXT [USER]: mount a filesystem at DIRECTORY that has one file,
 * "version", with TEXT and a newline in it, and serve it in the background. Prints the server's
 * process id. With USER it is that user's, and lets nobody else in, root neither. DIRECTORY can be
 * a file; then the filesystem is one.
 *
 * HOW is "well", "eio" (every answer is EIO), or for how many seconds every answer is to be late. A
 * test makes a dead or a hung filesystem of it with kill(1). Nothing is cached, so every question
 * about the filesystem goes to the server.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROOT = FUSE_ROOT_ID, FILE_ID = 2 };

static int device;
static unsigned int late_seconds;
static bool is_failing;
static char text[256];
static mode_t root_type;

static void answer(const struct fuse_in_header *in, int error, const void *body, size_t size)
{
	char out[sizeof(struct fuse_out_header) + 4096];
	struct fuse_out_header header = {
		.len = (uint32_t)(sizeof(header) + size),
		.error = error,
		.unique = in->unique,
	};

	memcpy(out, &header, sizeof(header));
	if (size)
		memcpy(out + sizeof(header), body, size);
	/* It fails if the caller has been killed meanwhile. */
	(void)!write(device, out, header.len);
}

static struct fuse_attr attributes_of(uint64_t node)
{
	return (struct fuse_attr){
		.ino = node,
		.size = node == FILE_ID ? strlen(text) : 0,
		.mode = node == FILE_ID ? S_IFREG | 0444 : root_type | 0755,
		.nlink = 1,
		.blksize = 4096,
	};
}

static void answer_directory(const struct fuse_in_header *in, const struct fuse_read_in *asked)
{
	static const char name[] = "version";
	const struct fuse_dirent entry = {
		.ino = FILE_ID,
		.off = 1,
		.namelen = sizeof(name) - 1,
		.type = S_IFREG >> 12,
	};
	char room[FUSE_NAME_OFFSET + sizeof(name)] = {0};

	memcpy(room, &entry, FUSE_NAME_OFFSET);
	memcpy(room + FUSE_NAME_OFFSET, name, sizeof(name));
	answer(in, 0, room, asked->offset ? 0 : FUSE_DIRENT_ALIGN(sizeof(room)));
}

static void serve(const struct fuse_in_header *in, const void *body)
{
	const struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION,
		.minor = 31,
		.max_readahead = 4096,
		.max_write = 4096,
	};
	struct fuse_attr_out attributes = {.attr = attributes_of(in->nodeid)};
	struct fuse_entry_out entry = {.nodeid = FILE_ID, .attr = attributes_of(FILE_ID)};
	struct fuse_statfs_out usage = {.st = {.bsize = 4096, .namelen = 255, .frsize = 4096}};
	struct fuse_open_out open = {.open_flags = FOPEN_DIRECT_IO};
	const struct fuse_read_in *asked = body;

	if (in->opcode == FUSE_INIT) {
		answer(in, 0, &init, sizeof(init));
		return;
	}
	if (in->opcode == FUSE_FORGET || in->opcode == FUSE_BATCH_FORGET ||
		in->opcode == FUSE_INTERRUPT)
		return;
	sleep(late_seconds);
	if (is_failing) {
		answer(in, -EIO, NULL, 0);
		return;
	}
	switch (in->opcode) {
	case FUSE_LOOKUP:
		if (strcmp(body, "version") == 0)
			answer(in, 0, &entry, sizeof(entry));
		else
			answer(in, -ENOENT, NULL, 0);
		break;
	case FUSE_GETATTR:
		answer(in, 0, &attributes, sizeof(attributes));
		break;
	case FUSE_STATFS:
		answer(in, 0, &usage, sizeof(usage));
		break;
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		answer(in, 0, &open, sizeof(open));
		break;
	case FUSE_READ:
		answer(in, 0, text, asked->offset ? 0 : strlen(text));
		break;
	case FUSE_READDIR:
		answer_directory(in, asked);
		break;
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
	case FUSE_FLUSH:
	case FUSE_ACCESS:
		answer(in, 0, NULL, 0);
		break;
	default:
		answer(in, -ENOSYS, NULL, 0);
	}
}

/* Until the filesystem is gone. */
static void serve_all(void)
{
	static _Alignas(struct fuse_in_header) char request[FUSE_MIN_READ_BUFFER];

	for (;;) {
		ssize_t length = read(device, request, sizeof(request));

		if (length < 0 && errno == ENODEV)
			return;
		if (length >= (ssize_t)sizeof(struct fuse_in_header))
			serve((struct fuse_in_header *)request,
				request + sizeof(struct fuse_in_header));
	}
}

static void mount_for(const char *user, const char *directory, const char *source)
{
	const struct passwd *owner = user ? getpwnam(user) : NULL;
	char options[128];
	struct stat st;

	if (user && !owner)
		errx(1, "%s: no such user", user);
	if (stat(directory, &st) < 0)
		err(1, "%s", directory);
	root_type = st.st_mode & S_IFMT;
	snprintf(options, sizeof(options), "fd=%d,rootmode=%o,user_id=%u,group_id=%u%s", device,
		root_type, owner ? owner->pw_uid : 0, owner ? owner->pw_gid : 0,
		owner ? "" : ",allow_other,default_permissions");
	if (mount(source, directory, "fuse.test", 0, options) < 0)
		err(1, "%s", directory);
}

int main(int argc, char **argv)
{
	pid_t server;

	if (argc != 4 && argc != 5)
		errx(1, "usage: fuse-server well|eio|SECONDS DIRECTORY TEXT [USER]");
	late_seconds = (unsigned int)strtoul(argv[1], NULL, 10);
	is_failing = strcmp(argv[1], "eio") == 0;
	snprintf(text, sizeof(text), "%s\n", argv[3]);
	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (device < 0)
		err(1, "/dev/fuse");
	mount_for(argv[4], argv[2], argv[3]);
	server = fork();
	if (server < 0)
		err(1, "fork");
	if (server == 0) {
		if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr) ||
			chdir("/") < 0)
			return 1;
		for (int fd = 3; fd < 1024; fd++)
			if (fd != device)
				close(fd);
		serve_all();
		return 0;
	}
	printf("%d\n", (int)server);
	return 0;
}
