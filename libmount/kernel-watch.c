/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel-watch: the kernel's events about mounts, by fanotify(7). */
#include <errno.h>
#include <string.h>
#include <sys/fanotify.h>
#include <unistd.h>

#include "kernel.h"

#ifndef FAN_MNT_ATTACH /* 6.15 */
#define FAN_MNT_ATTACH		0x01000000
#define FAN_MNT_DETACH		0x02000000
#define FAN_REPORT_MNT		0x00004000
#define FAN_MARK_MNTNS		0x00000110
#define FAN_EVENT_INFO_TYPE_MNT 7
#endif

/* What follows the metadata of an event about a mount. The mount's id ends it: on some
 * architectures there are bytes before the id. */
struct kernel_mount_event_info {
	uint8_t type, padding;
	uint16_t length;
};

int kernel_watch_new(void)
{
	const unsigned int flags = FAN_REPORT_MNT | FAN_CLOEXEC | FAN_NONBLOCK;
	int watch = fanotify_init(flags | FAN_UNLIMITED_QUEUE, 0);

	/* Only root of the first user namespace may have a queue without limit. */
	if (watch < 0 && errno == EPERM)
		watch = fanotify_init(flags, 0);
	return watch < 0 ? -errno : watch;
}

int kernel_watch_namespace(int watch, int namespace_fd)
{
	int r = fanotify_mark(watch, FAN_MARK_ADD | FAN_MARK_MNTNS, FAN_MNT_ATTACH | FAN_MNT_DETACH,
		namespace_fd, NULL);

	return r < 0 ? -errno : 0;
}

/* Returns whether the event is one that the caller is told of. */
static bool take_event(
	const struct fanotify_event_metadata *metadata, struct kernel_mount_event *event)
{
	const char *start = (const char *)metadata + metadata->metadata_len;
	struct kernel_mount_event_info info;

	*event = (struct kernel_mount_event){
		.attached = metadata->mask & FAN_MNT_ATTACH,
		.detached = metadata->mask & FAN_MNT_DETACH,
	};
	if (metadata->mask & FAN_Q_OVERFLOW)
		return true;
	if (metadata->event_len < metadata->metadata_len + sizeof(info))
		return false;
	memcpy(&info, start, sizeof(info));
	if (info.type != FAN_EVENT_INFO_TYPE_MNT ||
		info.length < sizeof(info) + sizeof(event->id) ||
		metadata->metadata_len + info.length > metadata->event_len)
		return false;
	memcpy(&event->id, start + info.length - sizeof(event->id), sizeof(event->id));
	return true;
}

int kernel_watch_read(int watch, struct kernel_mount_event *events, size_t room)
{
	/* Every event has at least this length, so that @events has room for all that are read. */
	const size_t length = sizeof(struct fanotify_event_metadata);
	_Alignas(struct fanotify_event_metadata) char buffer[16384];
	size_t wanted = room * length < sizeof(buffer) ? room * length : sizeof(buffer);
	const struct fanotify_event_metadata *metadata = (const void *)buffer;
	ssize_t size;
	int64_t left;
	int taken = 0;

	do
		size = read(watch, buffer, wanted);
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return errno == EAGAIN ? 0 : -errno;
	/* The macros mix signed and unsigned types, which a wider one can take. */
	left = size;
	for (; FAN_EVENT_OK(metadata, left); metadata = FAN_EVENT_NEXT(metadata, left))
		taken += take_event(metadata, &events[taken]);
	return taken;
}
