/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * old-device: keeps the device of an old version until systemd knows of the new one.
 *
 * systemd stops a mount unit when the device in its What= goes, and so unmounts what is there. It
 * learns of mounts from mountinfo, which it reads at most five times a second, and after that not
 * before the second is over. It learns of devices from udev, at once. So where updates, or other
 * mounts, come in quick succession, systemd would learn that the old loop device is gone while it
 * still takes that device for the mounted one, and would unmount the new version.
 */
#pragma once

#include <stdbool.h>

/* Whether systemd watches the mounts of this namespace and has a file for the mount unit of @place,
 * a canonical path. It does not stop other mount units. */
bool old_device_is_watched(const char *place);

/* To be called before the mount of @source is taken away. Returns a descriptor that keeps the
 * device; -1: @source is no device, or one that stays without a mount. */
int old_device_keep(const char *source);

/* Wait until systemd has read mountinfo and sleeps, close @fd, so that the kernel frees the device,
 * and wait until udev has told. Nothing for -1. */
void old_device_release(int fd);
