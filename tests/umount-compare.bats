#!/usr/bin/env bats
# umount is drop-in: the invocations in umount-compare.txt, compared with util-linux's (compare.bash).

load lib
program=umount
load compare

@test "umount is drop-in for one mount" { compare "one mount"; }
@test "umount is drop-in for what can't be unmounted" { compare "failures"; }
@test "umount is drop-in for several operands" { compare "several operands"; }
@test "umount is drop-in for stacks" { compare "stacks"; }
@test "umount is drop-in for trees" { compare "trees"; }
@test "umount is drop-in for all mounts of a filesystem" { compare "all targets"; }
@test "umount is drop-in for --all and its exit statuses" { compare "all"; }
@test "umount is drop-in for images and devices" { compare "images"; }
@test "umount is drop-in for utab and helpers" { compare "utab and helpers"; }
@test "umount is drop-in for other namespaces" { compare "namespaces"; }
@test "umount is drop-in where /proc is missing" { compare "without /proc"; }
@test "umount is drop-in for usage errors" { compare "usage"; }
@test "umount is drop-in for ordinary users" { compare "ordinary users"; }
@test "umount is drop-in for ordinary users when it is set-user-ID" {
	compare "ordinary users, installed set-user-ID"
}

@test "the tests above run every group of the table" { every_group; }
