/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hidden-namespaces: a stand-in for ioctl(2), by which the kernel lists mount namespaces and tells
 * their ids. It tells nothing while the expression HIDES_NAMESPACES is true, which is defined by
 * the test that includes this.
 */
#pragma once

#include <errno.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int ioctl(int fd, unsigned long request, ...)
{
	va_list list;
	void *argument;

	va_start(list, request);
	argument = va_arg(list, void *);
	va_end(list);
	if (HIDES_NAMESPACES && _IOC_TYPE(request) == 0xb7 && _IOC_NR(request) >= 10) {
		errno = ENOTTY;
		return -1;
	}
	return (int)syscall(SYS_ioctl, fd, request, argument);
}
