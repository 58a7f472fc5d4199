/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "findmnt/mountinfo-cost.h"

#include <stdint.h>
#include <stdlib.h>

#include "kernel.h"
#include "util.h"

bool mountinfo_is_slow(size_t *count)
{
	const size_t few = 1000, samples = 32;
	_cleanup_free_ uint64_t *ids = NULL;
	struct statmount_buffer buffer = {0};
	bool slow = false;

	*count = 0;
	if (kernel_listmount(0, &ids, count) < 0 || *count < few)
		return false;
	for (size_t i = 0; i < samples && !slow; i++)
		slow = kernel_statmount(ids[i * (*count - 1) / (samples - 1)], 0,
			       KERNEL_STATMOUNT_MNT_BASIC, &buffer) == 0 &&
		       buffer.data->mnt_master;
	free(buffer.data);
	return slow;
}
