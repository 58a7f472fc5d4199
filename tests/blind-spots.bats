# Where not every mount namespace can be seen, a rule about them is "unchecked", with the reason. These tests have a pid
# namespace of their own, in which the kernel lists no mount namespaces; tests/walk.bats has the opposite.
load lib

# verdict RULE: print the row of that rule in the last run's table.
verdict() {
	grep -E "^$1 " <<<"$output" | tr -s ' '
}

@test "in a pid namespace a rule about receivers is unchecked, and the plan says that not every namespace is found" {
	mount -t tmpfs one /opt
	unchanged mount --tuck --fake --verbose /tmp /opt
	[ "$status" -eq 0 ]
	[[ $(verdict receiver-propagates) == "receiver-propagates unchecked "*" can't be found: "* ]]
	says "not every mount namespace can be found: "
	run mount --tuck --verbose /tmp /opt
	[ "$status" -eq 0 ]
	[[ $(verdict receiver-propagates) == "receiver-propagates unchecked "* ]]
	unchanged umount --reveal --fake --verbose /opt
	[ "$status" -eq 0 ]
	[[ $(verdict reveal-propagates) == "reveal-propagates unchecked "* ]]
	[[ $(verdict reveal-children) == "reveal-children unchecked "* ]]
	[[ $(verdict reveal-incomplete) == "reveal-incomplete unchecked "* ]]
	umount --reveal /opt
	[ "$(stack /opt)" = /tmp ]
}

@test "under a private parent no other namespace matters, and nothing is unchecked" {
	mount --make-rprivate /
	mount -t tmpfs one /opt
	run mount --tuck --verbose /tmp /opt
	[[ $status -eq 0 && $output != *unchecked* ]]
	run umount --reveal --verbose /opt
	[[ $status -eq 0 && $output != *unchecked* ]]
}

@test "a tuck with a reveal does not turn into ok what is still unchecked of the reveal" {
	mount -t tmpfs one /opt
	run mount --tuck --reveal --verbose /tmp /opt
	[ "$status" -eq 0 ]
	[[ $(verdict reveal-incomplete) == "reveal-incomplete unchecked "* ]]
	[[ $(verdict mount-limit) == "mount-limit ok"* ]]
}
