#!/usr/bin/env bash
# Limits of a fleet when something is wrong with what it shares them through: Redis full, frozen and thawed, killed and started
# again, a cluster whose primary dies or whose slots move under load, and wall clocks hours apart. $EDGE is the binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null
source .ci/lib.sh
source .ci/limits.sh

EDGE=${EDGE:-$PWD/artifacts/edge/edge}
install_missing redis-server:redis-server wrk:wrk curl:curl clang:clang

# Whoever waits for Redis asks it for a slice first: of 40 requests for new keys, those of the first 50 ms.
switches_at_once() {
  local draws i statuses
  draws=$(draws_of 0)
  statuses=$(for i in {1..40}; do echo "$(ask 0 /keys/bytes/16 "switch $1 $i")"; done)
  draws=$(($(draws_of 0) - draws))
  echo "  $draws of 40 requests waited; $(sort <<< "$statuses" | uniq -c | tr '\n' ' ')"
  [[ $draws -le 2 && $(tail -38 <<< "$statuses" | grep -c "^$1") -eq 38 ]]
}

tells() {
  [[ $(ready_of 0) == "$1" ]]
}

full_is_closed() {
  cli "$redis_port" config set maxmemory 1 > "$work/full.txt"
  until_true 5 tells "redis is away, and limits are closed 503" || return 1
  echo "  unready after $until_ms ms; a request gets $(ask 0 /keys/bytes/16 full)"
  [[ $(ask 0 /keys/bytes/16 full) == 503 ]] && until_true 5 log_says "it is full: maxmemory is reached"
}

has_room_again() {
  cli "$redis_port" config set maxmemory 0 > "$work/full.txt"
  recovers && until_true 5 tells "ok 200"
}

full_is_open() {
  cli "$redis_port" config set maxmemory 1 > "$work/full.txt"
  until_true 5 tells "ok, but redis is away, and limits are local 200" || return 1
  [[ $(ask 0 /keys/bytes/16 full-open) == 200 ]]
}

# The draws of all gateways while Redis comes back under load: as many as there are keys to draw for in each gateway, and again
# for each slice that is used up; not as many as there were requests.
herd_is_small() {
  local draws requests
  draws=$(sum_of draws)
  requests=$(sum_of begun)
  storm /bucket/bytes/16 3 "$1"
  draws=$(($(sum_of draws) - draws))
  requests=$(($(sum_of begun) - requests))
  echo "  $draws draws for $requests requests"
  [[ $draws -le 1000 && $requests -ge 10000 ]]
}

thaw() {
  sleep 1
  kill -CONT "$redis_id"
}

start_again() {
  sleep 1
  redis "$redis_port" > "$work/again.txt"
  redis_id=$last_started
}

unavailable() {
  sum_of limits_unavailable
}

# The server that has most keys of a cluster is killed.
kill_primary() {
  sleep 1
  kill -KILL "${primary_ids[0]}"
}

is_promoted() {
  [[ $(cli "${primaries[1]}" cluster nodes | grep -c 'master - ') -eq 3 ]]
}

move_slots() {
  sleep 1
  local from to
  from=$(cli "${primaries[1]}" cluster myid)
  to=$(cli "${primaries[2]}" cluster myid)
  redis-cli --cluster reshard "127.0.0.1:${primaries[1]}" --cluster-from "$from" --cluster-to "$to" --cluster-slots 1500 \
    --cluster-pipeline 100 --cluster-yes > "$work/reshard.txt" 2>&1
}

# Of 30 keys, those on the primaries that live are let in by all gateways.
most_keys_are_served() {
  local key served=0 refused=0
  for key in {1..30}; do
    case $(ask $((key % 3)) /keys/bytes/16 "served $RANDOM $key") in
      200) served=$((served + 1)) ;;
      503) refused=$((refused + 1)) ;;
    esac
  done
  echo "  $served of 30 keys served, $refused refused with 503"
  [[ $served -ge 10 && $((served + refused)) -eq 30 && $refused -ge 1 ]]
}

# No gateway has taken another for away than the one that was killed, nor does. One that was asked for no key of it has not
# missed it, and one whose replica has already taken over misses it no more.
only_the_killed_is_away() {
  local i away told
  told=$(grep -ho 'redis at [^ ]* is away' "$work/gateway-$prefix-"*.log | sort | uniq -c)
  echo "$told"
  [[ $(wc -l <<< "$told") -eq 1 && $told == *" redis at 127.0.0.1:${primaries[0]} is away" ]] || return 1
  for i in 0 1 2; do
    away=$(state_of "$i" | tr -d ' \n' | grep -Eo '"away":\[[^]]*\]')
    echo "  $away"
    [[ $away == '"away":[]' || $away == "\"away\":[\"127.0.0.1:${primaries[0]}\"]" ]] || return 1
  done
}

# Keys that nobody has asked for before.
all_keys_are_served() {
  keys_answer 200 30 "all $RANDOM "
}

require "edge mock listens" start_limits_mock

free_port
redis_port=$chosen_port
require "redis listens" redis "$redis_port"
redis_id=$last_started

prefix=faults-closed
require "three gateways listen that are closed without Redis" start_fleet closed "\"127.0.0.1:$redis_port\""
check "a full Redis: unready and refused, and the log says why" full_is_closed
check "it has room again: ready and let in" has_room_again
kill -STOP "$redis_id"
check "a frozen Redis, closed: the switch takes one timeout, and no request after it waits" switches_at_once 503
check "thawed under load: no more is drawn than is needed" herd_is_small thaw
check "it lets in again" recovers
kill -KILL "$redis_id"
check "killed: unready" until_true 5 tells "redis is away, and limits are closed 503"
check "started again under load: no more is drawn than is needed" herd_is_small start_again
check "it lets in again after the restart" recovers
stop_fleet

prefix=faults-open
require "three gateways listen that go on without Redis" start_fleet open "\"127.0.0.1:$redis_port\""
check "a full Redis: ready, told, and let in" full_is_open
check "it has room again: only ready" has_room_again
kill -STOP "$redis_id"
check "a frozen Redis, open: the switch takes one timeout, and no request after it waits" switches_at_once 200
kill -CONT "$redis_id"
check "it is ready again" until_true 5 tells "ok 200"
stop_fleet

prefix=skewed
avoid_the_full_hour
shifted_clock=$work/shifted-clock.so
clang -O2 -shared -fPIC -o "$shifted_clock" .ci/shifted-clock.c
clock_shifts=(-7200 0 10800)
# Seconds that one gateway's date is ahead of another's.
ahead() {
  echo $(($(date -d "$(date_of "$1")" +%s) - $(date -d "$(date_of "$2")" +%s)))
}
date_of() {
  curl --silent --noproxy '*' --head "http://127.0.0.1:${gateways[$1]}/none" | tr -d '\r' | sed -n 's/^date: //Ip'
}
clocks_are_apart() {
  local seconds
  seconds=$(ahead 2 0)
  [[ $seconds -ge 17990 && $seconds -le 18010 ]]
}
window_holds() {
  storm /window/bytes/16 4
  within 1980 2000
}
bucket_holds() {
  storm /bucket/bytes/16 4
  within 2000 $((1000 + 400 * took_ms / 1000))
}
require "three gateways listen whose clocks are hours apart" start_fleet closed "\"127.0.0.1:$redis_port\""
check "their dates are five hours apart" clocks_are_apart
check "clocks hours apart: a window lets in the limit exactly" window_holds
check "clocks hours apart: a bucket lets in what one would" bucket_holds
stop_fleet
clock_shifts=()

primaries=()
primary_ids=()
cluster=()
for i in 1 2 3 4 5 6; do
  # Without full coverage: else Redis itself refuses all keys once it takes one primary for lost.
  require "server $i of a cluster listens" redis_of_cluster --cluster-node-timeout 1000 --cluster-require-full-coverage no
  cluster+=("127.0.0.1:$chosen_port")
  primaries+=("$chosen_port")
  primary_ids+=("$last_started")
done
check "six servers form a cluster of three primaries, each with a replica" \
  bash -c "redis-cli --cluster create ${cluster[*]} --cluster-replicas 1 --cluster-yes > $work/cluster.txt 2>&1"
is_formed() { [[ $(cli "${primaries[0]}" cluster info | grep -c 'cluster_state:ok') -eq 1 ]]; }
check "all slots are served" until_true 10 is_formed

prefix=moving
require "three gateways listen that share the cluster" start_fleet closed \
  "\"${cluster[0]}\", \"${cluster[1]}\", \"${cluster[2]}\""
many_keys
before=$(unavailable)
storm /keys/bytes/16 8 move_slots
wrk_more=()
moved() {
  echo "  $came let in of 300 keys with 5 each, $(grep -c 'Moving slot' "$work/reshard.txt") slots moved"
  grep -q 'Moving slot' "$work/reshard.txt" && [[ $(unavailable) -eq $before && $came -ge 1400 && $came -le 1500 ]]
}
check "slots move under load: no request is refused for it, and each key has its limit" moved
check "keys have their limit after the move" keys_hold
stop_fleet

prefix=failing
require "three gateways listen that are closed without their primary" start_fleet closed "\"${cluster[1]}\", \"${cluster[2]}\""
check "all keys are served before" all_keys_are_served
kill -KILL "${primary_ids[0]}"
check "a primary is killed: keys on the others are served" most_keys_are_served
check "and nobody takes another for lost" only_the_killed_is_away
check "its replica takes over" until_true 20 is_promoted
check "and all keys are served again" until_true 10 all_keys_are_served
echo "  after $until_ms ms"
stop_fleet

finish
