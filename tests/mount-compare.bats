#!/usr/bin/env bats
# mount is drop-in: the invocations in mount-compare.txt, compared with util-linux's (compare.bash).

load lib
program=mount
load compare

@test "mount is drop-in for binding and moving" { compare "binding and moving"; }
@test "mount is drop-in for propagation" { compare "propagation"; }
@test "mount is drop-in for new filesystems" { compare "new filesystems"; }
@test "mount is drop-in for remounting" { compare "remounting"; }
@test "mount is drop-in for images" { compare "images"; }
@test "mount is drop-in for fstab" { compare "fstab"; }
@test "mount is drop-in for labels and UUIDs" { compare "labels"; }
@test "mount is drop-in for --all and its exit statuses" { compare "all of fstab"; }
@test "mount is drop-in for lists" { compare "lists"; }
@test "mount is drop-in for other namespaces" { compare "namespaces"; }
@test "mount is drop-in for usage errors" { compare "usage"; }
@test "mount is drop-in for ordinary users" { compare "ordinary users"; }
@test "mount is drop-in for ordinary users when it is set-user-ID" {
	compare "ordinary users, installed set-user-ID"
}

@test "the tests above run every group of the table" { every_group; }
