#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""replace.py SOURCE TARGET: replace what is mounted at TARGET by a clone of SOURCE, with no gap, and wait until nobody has
the old version mounted any more.

libmnttuck from Python, by ctypes. Prints the plan, what was refused or left, and who still has the old version. Exit status,
as of mount(8): 0; 1, not allowed or wrong use; 32, refused or failed, nothing changed; 64, partly done: attached elsewhere than
intended, or not revealed, or the old version was left somewhere, or may be where nobody can see it from here.
"""
import ctypes
import errno
import os
import select
import sys

AT_FDCWD = -100
TUCK, REVEAL = 1, 2
BIND = 0
RULE, OBJECT, MESSAGE, REMEDY = range(4)
COMMAND, TARGET, BENEATH, UNMOUNTS, SHOWS = range(5)
KIND, ERROR, NAMESPACE_ID, NAMESPACE_INODE, PID = range(5)
AFFECTED, APART, FOUND, LEFT, REPLACED, UNSEEN = range(6)
OLD = 1

lib = ctypes.CDLL("libmnttuck.so.0")
pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
for name, result, arguments in [
    ("new", number, [ctypes.POINTER(pointer)]),
    ("free", None, [pointer]),
    ("set_operations", number, [pointer, ctypes.c_uint]),
    ("set_target", number, [pointer, number, text]),
    ("set_source", number, [pointer, number, text, number]),
    ("plan", number, [pointer]),
    ("attach", number, [pointer]),
    ("reveal", number, [pointer]),
    ("find", number, [pointer, number]),
    ("watch", number, [pointer]),
    ("get_outcome", text, [pointer]),
    ("is_attached", number, [pointer]),
    ("get_refusal", pointer, [pointer]),
    ("refusal_error", number, [pointer]),
    ("refusal_text", text, [pointer, number]),
    ("next_place", pointer, [pointer, pointer]),
    ("place_text", text, [pointer, number]),
    ("place_number", ctypes.c_int64, [pointer, number]),
]:
    function = getattr(lib, "mnttuck_" + name)
    function.restype, function.argtypes = result, arguments


def fail(tuck, result):
    """End with the outcome if mounts were changed, with what was refused, or with the error."""
    refusal = lib.mnttuck_get_refusal(tuck)
    if result > 0:
        print(os.fsdecode(lib.mnttuck_get_outcome(tuck)), file=sys.stderr)
    elif refusal:
        for part in (RULE, MESSAGE, REMEDY):
            print(os.fsdecode(lib.mnttuck_refusal_text(refusal, part) or b""), file=sys.stderr)
    else:
        print(os.strerror(-result), file=sys.stderr)
    if lib.mnttuck_is_attached(tuck):  # by this call, or by an earlier one
        sys.exit(64)
    sys.exit(1 if refusal and lib.mnttuck_refusal_error(refusal) == -errno.EPERM else 32)


def places(tuck, kinds):
    """The places of these kinds that the last plan, find or reveal has found, as lines."""
    place = lib.mnttuck_next_place(tuck, None)
    while place:
        kind, error, pid = (lib.mnttuck_place_number(place, part) for part in (KIND, ERROR, PID))
        if kind in kinds and kind == UNSEEN:
            yield f"{pid}: can't be seen: {os.strerror(-error)}"
        elif kind in kinds:
            path, shows = (lib.mnttuck_place_text(place, part) for part in (TARGET, SHOWS))
            yield f"{pid}: {os.fsdecode(path)}: {os.fsdecode(shows)}"
        place = lib.mnttuck_next_place(tuck, place)


def main():
    """Plan, replace, wait."""
    if len(sys.argv) != 3:
        print("usage: replace.py SOURCE TARGET", file=sys.stderr)
        return 1
    source, target = (os.fsencode(argument) for argument in sys.argv[1:])
    tuck = pointer()
    if lib.mnttuck_new(ctypes.byref(tuck)) < 0:
        return 32
    lib.mnttuck_set_operations(tuck, TUCK | REVEAL)
    for step in (
        lambda: lib.mnttuck_set_target(tuck, AT_FDCWD, target),
        lambda: lib.mnttuck_set_source(tuck, AT_FDCWD, source, BIND),
        lambda: lib.mnttuck_plan(tuck),
    ):
        if (error := step()) < 0:
            fail(tuck, error)
    for line in places(tuck, {AFFECTED, APART, UNSEEN}):
        print("plan:", line, flush=True)
    if (result := lib.mnttuck_attach(tuck)) != 0:
        fail(tuck, result)
    if (result := lib.mnttuck_reveal(tuck)) < 0:
        fail(tuck, result)
    status = 0
    if result > 0:
        print(os.fsdecode(lib.mnttuck_get_outcome(tuck)), file=sys.stderr)
        status = 64
    while True:
        changed = lib.mnttuck_watch(tuck)
        if changed < 0 or lib.mnttuck_find(tuck, OLD) < 0:
            return 64
        holders = list(places(tuck, {FOUND}))
        if not holders:
            break
        for line in holders:
            print("still there:", line, flush=True)
        select.select([changed], [], [])
    for line in places(tuck, {UNSEEN}):
        print("may still be there:", line, flush=True)
        status = 64
    lib.mnttuck_free(tuck)
    return status


sys.exit(main())
