# The layout whose screens tests/findmnt-screens.bats and findmnt(8) show: a host, three services, a container, and a stack of
# three mounts. Load tests/lib.bash first.
#
#   host        /srv/apps is shared: web, and beneath it two newer versions, are at /srv/apps/web
#   db          its namespace receives from the host
#   web         the same, and has made /srv/apps/web private: it keeps the old version
#   mail        a namespace in the host's peer groups
#   container   private, except /incoming, which receives from /srv/apps/web
#
# Of ramfs, which nothing else on a test machine uses.

# named NAME OPTION...: service, with a process of that name.
named() {
	local name=$1
	shift
	ln -sf "$(type -P sleep)" "/tmp/$name"
	# shellcheck disable=SC2016 # the inner shell's
	unshare --mount "$@" bash -c 'exec "/tmp/$0" 1000' "$name" 3>&- &
	SERVICE=$!
	SERVICES+=("$SERVICE")
	until [[ $(cat "/proc/$SERVICE/comm") == "$name" ]]; do sleep 0.02; done
}

make_screens() {
	mount --make-rprivate /
	mkdir -p /srv/apps /incoming
	mount -t ramfs apps /srv/apps
	mount --make-shared /srv/apps
	mkdir /srv/apps/web /srv/apps/data
	mount -t ramfs web-1 /srv/apps/web
	named db --propagation unchanged
	DB=$SERVICE
	in_service "$DB" mount --make-slave /srv/apps
	in_service "$DB" mount --make-slave /srv/apps/web
	named web --propagation unchanged
	WEB=$SERVICE
	in_service "$WEB" mount --make-slave /srv/apps
	in_service "$WEB" mount --make-private /srv/apps/web
	named mail --propagation unchanged
	named container --propagation unchanged
	CONTAINER=$SERVICE
	in_service "$CONTAINER" mount --bind /srv/apps/web /incoming
	in_service "$CONTAINER" mount --make-slave /incoming
	in_service "$CONTAINER" mount --make-rprivate /srv/apps
	in_service "$CONTAINER" umount -n /srv/apps/web
	in_service "$CONTAINER" umount -n /srv/apps
	mount --tuck -t ramfs web-2 /srv/apps/web
	mount --tuck -t ramfs web-3 /srv/apps/web
}
