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
 * To be called for MNTTUCK_TUCK, MNTTUCK_REVEAL and MNTTUCK_EVERYWHERE together, twice: between
 * mnttuck_attach() and mnttuck_reveal(), and after mnttuck_reveal(). The first call does what the
 * reveal will not reach, the second what is left then. If the process is killed before the reveal,
 * the target still shows the old version, and the same calls by another process do the rest.
 *
 * Looks in every mount namespace that the caller may see for mounts that a path lookup ends in and
 * that show the same directory of the same filesystem as the old top mount. In each of these places
 * a clone of the new mount is tucked beneath, with the flags that the place has of its own, and the
 * old version is unmounted; where the new version lies beneath already, it is only revealed. All
 * rules hold in each place. What receives from a place follows by that. Where the old version
 * received from the one at the target, the new one receives from the new mount, unless mounts are
 * carried to it (MNTTUCK_CARRY).
 *
 * Left alone are mounts that the old version may have been bound from: those of the caller's own
 * namespace that are older than the target's top mount was (before Linux 6.8: all of them), and
 * the copies of these at the same path in other namespaces.
 *
 * mnttuck_next_place() hands out the result of each call: MNTTUCK_REPLACED, and after the second
 * one also MNTTUCK_LEFT with MNTTUCK_REASON, and MNTTUCK_UNSEEN. A place that is left is as it was.
 *
 * Returns 0; after the reveal the number of places that are left; or negative: -EINVAL: the source
 * has not been attached, or MNTTUCK_EVERYWHERE was not set; -ENODATA: it is not known what the old
 * version was; -ENOENT: the new mount is not in the namespace any more; -ENOMEM, or the error of
 * reading: then what was done is handed out all the same.
 */
int mnttuck_replace_elsewhere(struct mnttuck *tuck);

#ifdef __cplusplus
}
#endif

#endif
