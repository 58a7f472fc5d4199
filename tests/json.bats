#!/usr/bin/env bats
# mount --tuck --json and umount --reveal --json: rules, places and what came of them, for programs.

bats_require_minimum_version 1.5.0
load lib

setup() {
	SERVICES=()
	cd /
	command -v python3 >/dev/null || skip "python3 is missing"
	versions 1 2 3
	mount --bind /srv/v1 /opt
	mount --make-private /opt
	mount --make-shared /opt
}

# json EXPRESSION: print what the Python expression says about the last run's output, which is "it".
json() {
	python3 -c 'import json, sys
it = json.loads(sys.argv[1])
rules = {rule["rule"]: rule for rule in it["rules"]}
print(eval(sys.argv[2]))' "$output" "$1"
}

@test "--fake --json is one object, with the rules and places of the tables, and changes nothing" {
	service --propagation slave
	unchanged mount --tuck --reveal --fake --json /srv/v2 /opt
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(json '[it["target"], it["status"], it["refusal"], it["attached"], it["revealed"], it["outcome"]]')" = "['/opt', 0, None, False, False, None]" ]
	[ "$(json '[place["pid"] for place in it["places"] if place["pid"] == '"$SERVICE"']')" = "[$SERVICE]" ]
	[ "$(json '{(p["kind"], p["target"], p["beneath"], p["unmounts"], p["shows"], p["is-left"]) for p in it["places"]} == {("affected", "/opt", p["beneath"], p["beneath"], "/srv/v2", False) for p in it["places"]}')" = True ]
	[ "$(json 'rules["source-private"]["verdict"]')" = not-applicable ]
	[ "$(json '{rule["verdict"] for rule in it["rules"]} <= {"ok", "unchecked", "not-applicable"}')" = True ]
	# The same rules, in the same order, as in the table.
	names=$(json '" ".join(rule["rule"] for rule in it["rules"])')
	run mount --tuck --reveal --fake --verbose /srv/v2 /opt
	[ "$names" = "$(awk '/^NS/ { exit } NR > 1 { print $1 }' <<<"$output" | paste -sd ' ')" ]
}

@test "a refusal is in the object, with its rule, message and remedy" {
	unchanged mount --tuck --fake --json /srv/v2/version /opt 2>/dev/null
	run --separate-stderr mount --tuck --json /srv/v2/version /opt
	[ "$status" -eq 32 ]
	[[ $stderr == *"[source-kind]"* ]]
	[ "$(json '[it["status"], it["refusal"]["rule"], it["refusal"]["object"], rules["source-kind"]["verdict"], it["attached"]]')" = "[32, 'source-kind', '/srv/v2/version', 'refused', False]" ]
	run --separate-stderr umount --reveal --json /opt
	[ "$status" -eq 32 ]
	[ "$(json '[it["status"], it["refusal"]["rule"], it["places"], it["revealed"]]')" = "[32, 'reveal-beneath', [], False]" ]
}

@test "--json without --fake is printed once, when all is done, and nothing else on standard output" {
	run --separate-stderr mount --tuck --reveal --verbose --json /srv/v2 /opt
	[ "$status" -eq 0 ]
	[ "$(json '[it["attached"], it["revealed"], it["status"], it["places"][0]["shows"]]')" = "[True, True, 0, '/srv/v2']" ]
	mount --tuck /srv/v3 /opt
	run --separate-stderr umount --reveal --json /opt
	[ "$status" -eq 0 ]
	[ "$(json '[it["attached"], it["revealed"], it["places"][0]["target"]]')" = "[False, True, '/opt']" ]
	[ "$(</opt/version)" = 3 ]
}

@test "with --wait, who holds the old version is in the object" {
	sleep 1000 7</opt/version 3>&- &
	SERVICES+=($!)
	run --separate-stderr mount --tuck --reveal --wait=0 --json /srv/v2 /opt
	[ "$status" -eq 64 ]
	[ "$(json "[(h['pid'], h['command'], h['holds'], h['path']) for h in it['holders'] if h['pid'] == $!]")" = "[($!, 'sleep', 'file', '/version')]" ]
	[ "$(json 'it["status"]')" = 64 ]
}

@test "names that are no UTF-8, or have quotes and control characters, are valid JSON" {
	name=$'/srv/a "b\\\n\xff\xc3\xa9'
	mkdir "$name"
	mount --bind /srv/v1 "$name"
	mount --make-private "$name"
	run --separate-stderr mount --tuck --fake --json /srv/v2 "$name"
	[ "$status" -eq 0 ]
	[ "$(json 'ascii(it["target"])')" = "'/srv/a \"b\\\\\\n\\xff\\xe9'" ]
}

@test "--json alone, or with several mount points, is refused" {
	unchanged mount --json /srv/v2 /mnt
	[ "$status" -eq 1 ]
	says "--json goes with --tuck"
	unchanged umount --json /opt
	[ "$status" -eq 1 ]
	says "--json goes with --reveal or --beneath"
	unchanged umount --reveal --json /opt /mnt
	[ "$status" -eq 1 ]
	says "it goes with one mount point"
}

@test "--replace --json prints one object, whether it mounts, does nothing, or replaces" {
	mkdir /mnt/data
	run --separate-stderr mount --replace --json /srv/v1 /mnt/data
	[ "$status" -eq 0 ]
	[ "$(json '[it["target"], it["rules"], it["places"], it["unseen"], it["refusal"], it["attached"], it["revealed"], it["outcome"], it["status"]]')" = "['/mnt/data', [], [], [], None, True, False, None, 0]" ]
	run --separate-stderr mount --replace --json --verbose /srv/v1 /mnt/data
	[ "$status" -eq 0 ]
	[ "$(json '[it["target"], it["rules"], it["attached"], it["revealed"], it["status"]]')" = "['/mnt/data', [], False, False, 0]" ]
	run --separate-stderr mount --replace --json /srv/v2 /opt
	[ "$status" -eq 0 ]
	[ "$(json '[it["target"], it["rules"] != [], it["attached"], it["revealed"], it["status"]]')" = "['/opt', True, True, True, 0]" ]
	# The first one, refused.
	run --separate-stderr mount --replace --json /srv/none /srv/v1/sub
	[ "$status" -eq 32 ]
	[ "$(json '[it["target"], it["attached"], it["status"]]')" = "['/srv/v1/sub', False, 32]" ]
}

@test "with --everywhere, each other place is in the object, with what became of it" {
	service --propagation private
	one=$SERVICE
	service --propagation private
	in_service "$SERVICE" mount -t tmpfs on-it /opt/sub
	run --separate-stderr mount --tuck --reveal --everywhere --json /srv/v2 /opt
	[ "$status" -eq 64 ]
	[ "$(json "[(p['target'], p['replaced'], p['reason']) for p in it['elsewhere'] if p['pid'] == $one]")" = "[('/opt', True, None)]" ]
	[ "$(json "[(p['target'], p['replaced'], bool(p['reason'])) for p in it['elsewhere'] if p['pid'] == $SERVICE]")" = "[('/opt', False, True)]" ]
	[ "$(json 'it["status"]')" = 64 ]
}
