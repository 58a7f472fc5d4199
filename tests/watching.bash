# For tests of findmnt that leave it running in the background.
# shellcheck shell=bash

# The last message of an incomplete list in a pid namespace of its own.
# shellcheck disable=SC2034 # used by the tests
unfound="findmnt: mount namespaces without a process here can't be found: the kernel lists them for root in the first pid namespace alone"

# until_it_waits PID: until that findmnt waits for something to happen.
until_it_waits() {
	until [[ $(cat "/proc/$1/comm" "/proc/$1/wchan") == findmnt*poll* ]]; do
		kill -0 "$1"
		sleep 0.02
	done
}

# unwatched: a mount namespace of a user namespace, which also has a process in the namespace of the test: it may read that, but
# the kernel reports no events of it. Sets SERVICE to the process in the former.
unwatched() {
	unshare --user --map-root-user true || skip "user namespaces can't be made here"
	# shellcheck disable=SC2016 # the shells' in the user namespace
	started unshare --user --map-root-user sh -c '
		sleep 10000 &
		exec unshare --mount --propagation private sh -c "echo >\"\$READY\"; exec sleep 10000"'
}
