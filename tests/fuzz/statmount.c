/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz-statmount: any answers of listmount(2) and statmount(2), through kernel.c into a light
 * snapshot, into mountinfo's text, and from that into a full one. For libFuzzer;
 * tests/fuzz/run builds and runs it.
 *
 * The linker puts __wrap_syscall() in the place of syscall(2); no other line is changed. An input
 * is a row of answers:
 *
 *	byte 0      what becomes of the call: enum fate
 *	byte 1      how many bytes of text there are
 *	152 bytes   struct kernel_statmount, without what is spare
 *	the text
 *
 * What is read is within the answer, or the address sanitizer says so. Every answer that can be one
 * is a line that can be parsed, with the same strings; both snapshots agree; a walk
 * along a ring of parents ends.
 */
#include <errno.h>
#include <libmount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "fuzz.h"
#include "kernel.h"
#include "snapshot-read.h"
#include "snapshot-text.h"
#include "snapshot.h"
#include "util.h"

#ifndef SYS_statmount
#define SYS_statmount 457
#endif
#ifndef SYS_listmount
#define SYS_listmount 458
#endif

long __real_syscall(long number, long a, long b, long c, long d, long e, long f);
/* Called with as many arguments as syscall(2) was. */
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f);

enum fate { FATE_GOOD, FATE_LIES, FATE_ENDLESS, FATE_GONE, FATE_REFUSED, FATE_INTERRUPTED, FATES };

#define NUMBERS_SIZE offsetof(struct kernel_statmount, spare)
#define MOST	     64

static struct answer {
	enum fate fate;
	const uint8_t *text;
	size_t text_size;
	struct kernel_statmount numbers; /* of no text */
} answers[MOST];
static size_t answer_count;
static bool was_interrupted;

static long fail(int error)
{
	errno = error;
	return -1;
}

static long list_mounts(const uint64_t *request, uint64_t *ids, size_t room)
{
	size_t start = 0, n = 0;

	/* Their order is by number, as the kernel's is; so it comes to an end. */
	for (; request[2] && start < answer_count && answers[start].numbers.mnt_id <= request[2];
		start++)
		;
	for (; n < room && n < 5 && start + n < answer_count; n++)
		ids[n] = answers[start + n].numbers.mnt_id;
	return (long)n;
}

static struct answer *find_answer(uint64_t id)
{
	for (size_t i = 0; i < answer_count; i++)
		if (answers[i].numbers.mnt_id == id)
			return &answers[i];
	return NULL;
}

static long stat_mount(const uint64_t *request, struct kernel_statmount *to, size_t room)
{
	struct answer *answer = find_answer(request[1]);
	size_t size = answer ? sizeof(*to) + answer->text_size : 0;

	if (!answer || answer->fate == FATE_GONE)
		return fail(ENOENT);
	if (answer->fate == FATE_REFUSED)
		return fail(EPERM);
	was_interrupted = answer->fate == FATE_INTERRUPTED && !was_interrupted;
	if (was_interrupted)
		return fail(EINTR);
	if (size > room)
		return fail(EOVERFLOW);
	*to = answer->numbers;
	memcpy(to->str, answer->text, answer->text_size);
	if (answer->fate != FATE_LIES)
		to->size = (uint32_t)size;
	if (answer->fate != FATE_ENDLESS && answer->text_size)
		to->str[answer->text_size - 1] = '\0';
	return 0;
}

long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	if (number == SYS_listmount)
		return list_mounts((const uint64_t *)a, (uint64_t *)b, (size_t)c);
	if (number == SYS_statmount)
		return stat_mount((const uint64_t *)a, (struct kernel_statmount *)b, (size_t)c);
	return __real_syscall(number, a, b, c, d, e, f);
}

static int compare_answers(const void *a, const void *b)
{
	const struct answer *one = a, *other = b;

	if (one->numbers.mnt_id != other->numbers.mnt_id)
		return one->numbers.mnt_id < other->numbers.mnt_id ? -1 : 1;
	return one->text < other->text ? -1 : one->text > other->text;
}

static void read_answers(const uint8_t *data, size_t size)
{
	size_t distinct = 0;

	for (answer_count = 0; answer_count < MOST && size >= 2 + NUMBERS_SIZE;) {
		struct answer *answer = &answers[answer_count];

		*answer = (struct answer){.fate = data[0] % FATES, .text = data + 2 + NUMBERS_SIZE};
		memcpy(&answer->numbers, data + 2, NUMBERS_SIZE);
		answer->text_size = data[1];
		if (answer->text_size > size - 2 - NUMBERS_SIZE)
			answer->text_size = size - 2 - NUMBERS_SIZE;
		data += 2 + NUMBERS_SIZE + answer->text_size;
		size -= 2 + NUMBERS_SIZE + answer->text_size;
		/* No mount has the number 0, with which listmount(2) begins. */
		answer_count += answer->numbers.mnt_id != 0;
	}
	qsort(answers, answer_count, sizeof(*answers), compare_answers);
	for (size_t i = 0; i < answer_count; i++)
		if (!i || answers[i].numbers.mnt_id != answers[distinct - 1].numbers.mnt_id)
			answers[distinct++] = answers[i];
	answer_count = distinct;
}

static const char *string_of(const struct answer *answer, uint32_t offset)
{
	must(offset < answer->text_size);
	return (const char *)answer->text + offset;
}

/* As far as there is a text: its last byte may have been made its end. */
static bool is_same(const struct answer *answer, uint32_t offset, const char *parsed)
{
	const char *text = string_of(answer, offset);
	size_t length = strnlen(text, answer->text_size - offset);

	if (offset + length == answer->text_size)
		length--;
	return strlen(parsed) == length && strncmp(text, parsed, length) == 0;
}

/* libmount takes away what the kernel adds to the name of a directory that is gone. */
static bool is_deleted(const struct answer *answer, uint32_t offset)
{
	const char *text = string_of(answer, offset);
	_cleanup_free_ char *copy = strndup(text, answer->text_size - offset);

	return copy && strstr(copy, "(deleted");
}

static void compare_strings(const struct answer *answer, struct mount *mount)
{
	const struct kernel_statmount *numbers = &answer->numbers;

	must(is_same(answer, numbers->mnt_root, mount_root(mount)));
	must(is_deleted(answer, numbers->mnt_point) ||
		is_same(answer, numbers->mnt_point, mount_target(mount)));
	must(mount->short_id == (int)numbers->mnt_id_old);
	must(mount->short_parent_id == (int)numbers->mnt_parent_id_old);
}

static bool has_sane_numbers(void)
{
	for (size_t i = 0; i < answer_count; i++)
		if (answers[i].numbers.mnt_id_old > INT32_MAX ||
			answers[i].numbers.mnt_parent_id_old > INT32_MAX ||
			answers[i].numbers.mnt_peer_group > INT32_MAX ||
			answers[i].numbers.mnt_master > INT32_MAX)
			return false;
	return true;
}

static void read_full(void)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	_cleanup_(snapshot_text_free) struct snapshot_text text = {0};
	struct mount *mount;
	size_t n = 0;
	int r;

	if (snapshot_write_mountinfo(0, /* propagate_from= */ true, NULL, 0, &text) < 0) {
		must(!text.text && !text.ids);
		return;
	}
	r = snapshot_parse_text(text.text, text.size, &snapshot);
	must(r == 0 || !has_sane_numbers());
	if (r < 0)
		return;
	must(snapshot_size(snapshot) == text.count);
	snapshot_set_unique_ids(snapshot, &text);
	snapshot_for_each (mount, snapshot) {
		must(mount->id == text.ids[n++]);
		compare_strings(find_answer(mount->id), mount);
	}
	fuzz_walk(snapshot);
}

static void read_light(size_t pick)
{
	_cleanup_(cleanup_snapshot) struct snapshot *snapshot = NULL;
	struct mount *mount;

	if (snapshot_read_namespace(0, &snapshot) < 0)
		return;
	snapshot_for_each (mount, snapshot) {
		const struct answer *answer = find_answer(mount->id);

		must(answer && mount->group == (int)answer->numbers.mnt_peer_group);
		mount_root(mount);
		mount_target(mount);
	}
	fuzz_walk(snapshot);
	fuzz_play(snapshot, pick);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	was_interrupted = false;
	read_answers(data, size);
	read_full();
	read_light(size);
	for (size_t i = 0; i < answer_count; i++) {
		_cleanup_free_ uint64_t *stack = NULL;
		size_t count = 0;

		if (snapshot_find_stack(answers[i].numbers.mnt_id, &stack, &count) == 0)
			must(count > 0 && count <= answer_count);
	}
	return 0;
}
