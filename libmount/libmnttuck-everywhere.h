/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libmnttuck-everywhere.h - a part of libmnttuck.h, which includes it: replaces an old version in
 * every mount namespace. */
#ifndef LIBMNTTUCK_EVERYWHERE_H
#define LIBMNTTUCK_EVERYWHERE_H

#ifdef __cplusplus
extern "C" {
#endif

struct mnttuck;

/**
 * mnttuck_replace_elsewhere - put the new version in place of the old one wherever that still shows
 *
 * To be called for MNTTUCK_TUCK, MNTTUCK_REVEAL and MNTTUCK_EVERYWHERE together, after
 * mnttuck_reveal(). Looks in every mount namespace that the caller may see for mounts that a path
 * lookup ends in and that show the same directory of the same filesystem as the old top mount. In
 * each of these places a clone of the new mount is tucked beneath, with the flags that the place
 * has of its own, and the old version is unmounted; where the new version lies beneath already, it
 * is only revealed. All rules hold in each place. Places that receive from a place follow by that.
 *
 * Left alone are mounts that the old version may have been bound from: those of the caller's own
 * namespace that are older than the target's top mount was (before Linux 6.8: all of them), and
 * the copies of these at the same path in other namespaces.
 *
 * mnttuck_next_place() hands out the result: MNTTUCK_REPLACED, MNTTUCK_LEFT with MNTTUCK_REASON,
 * and MNTTUCK_UNSEEN. A place that is left is as it was. If the process is killed, every place
 * shows the old version or the new one, and the same call by another process does the rest.
 *
 * Returns 0; the number of places that are left; or negative: -EINVAL: the top mount has not been
 * unmounted, or MNTTUCK_EVERYWHERE was not set; -ENODATA: it is not known what the old version was;
 * -ENOMEM, or the error of reading: then what was done is handed out all the same.
 */
int mnttuck_replace_elsewhere(struct mnttuck *tuck);

#ifdef __cplusplus
}
#endif

#endif
