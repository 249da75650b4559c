#!/usr/bin/env bash
# Limits of a fleet: three gateways on one Redis, and on a cluster of three primaries, never let in more than the limit, counted
# at the upstream; also when Redis is frozen, killed and flushed in the middle. $EDGE is the binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null
source .ci/lib.sh
source .ci/limits.sh

EDGE=${EDGE:-$PWD/artifacts/edge/edge}
install_missing redis-server:redis-server wrk:wrk curl:curl

bucket_holds() {
  storm /bucket/bytes/16 5
  within $((1000 + 400 * 5 * 9 / 10)) $((1000 + 400 * took_ms / 1000))
}

window_holds() {
  avoid_the_full_hour
  storm /window/bytes/16 2
  within 1980 2000
}

ask_admin() {
  curl --silent --noproxy '*' --max-time 5 -H 'Authorization: Bearer limits' "$@" | tr '\n' ' '
}

lets_in() {
  [[ $(curl --silent --noproxy '*' -o /dev/null -w '%{http_code}' "http://127.0.0.1:${gateways[$1]}/window/bytes/16") == 200 ]]
}

# The window has been used up. The first gateway gives three units back by hand; the second and the third let three in.
grant_reaches_all() {
  local count=0 i
  ask_admin -X POST "http://127.0.0.1:${admins[0]}/limits/grant?route=window&limit=quota&amount=3&by=ci&reason=test" > "$work/grant.txt"
  echo "  $(cat "$work/grant.txt")"
  grep -q '"givenBack":3' "$work/grant.txt" || return 1
  for i in {1..20}; do
    ! lets_in $((1 + i % 2)) || count=$((count + 1))
    sleep 0.1
  done
  echo "  $count let in"
  [[ $count -eq 3 ]]
}

freeze() {
  sleep 1
  kill -STOP "$redis_id"
  sleep 2
  kill -CONT "$redis_id"
}

flush() {
  sleep 2
  cli "$redis_port" flushall > "$work/flush.txt"
}

kill_redis() {
  sleep 2
  kill -KILL "$redis_id"
}

# Refused, and nobody asks a server that is frozen.
closed_is_closed() {
  local codes before after
  kill -STOP "$redis_id"
  sleep 1.5
  before=$(draws_of 2)
  codes=$(for i in {1..20}; do
    curl --silent --noproxy '*' -o /dev/null -w '%{http_code}\n' -H "X-Key: frozen $i" \
      "http://127.0.0.1:${gateways[2]}/keys/bytes/16"
  done)
  after=$(draws_of 2)
  kill -CONT "$redis_id"
  echo "  $before draws before, $after after; $(sort <<< "$codes" | uniq -c | tr '\n' ' ')"
  [[ $(grep -c '^503' <<< "$codes") -eq 20 && $before -eq $after ]]
}

require "edge mock listens" start_limits_mock

free_port
redis_port=$chosen_port
require "redis listens" redis "$redis_port"
redis_id=$last_started
prefix=closed
require "three gateways listen" start_fleet closed "\"127.0.0.1:$redis_port\""
check "a bucket: three gateways let in what one would" bucket_holds
check "a window: three gateways let in the limit exactly" window_holds
check "a grant by hand at one gateway is there at the others" grant_reaches_all
check "keys: each has its limit, wherever its requests go" keys_hold
check "a frozen Redis refuses at once where it is to be closed" closed_is_closed
check "it lets in again when Redis is back" recovers
stop_fleet

prefix=open
require "three gateways listen that go on without Redis" start_fleet open "\"127.0.0.1:$redis_port\""
storm /bucket/bytes/16 5 freeze
check "Redis frozen in the middle: at most one burst more" within $((1000 + 400 * 3)) $((2000 + 400 * took_ms / 1000))
storm /bucket/bytes/16 4 flush
check "Redis flushed in the middle: at most one burst more" within $((400 * 3)) $((2000 + 400 * took_ms / 1000))
storm /bucket/bytes/16 4 kill_redis
check "Redis killed in the middle: each goes on with its share" within $((400 * 3)) $((2000 + 400 * took_ms / 1000))
forget "$redis_id"
stop_fleet

cluster=()
for i in 1 2 3; do
  free_port
  cluster+=("127.0.0.1:$chosen_port")
  require "primary $i listens" redis "$chosen_port" --cluster-enabled yes
done
forms_a_cluster() {
  redis-cli --cluster create "${cluster[@]}" --cluster-yes > "$work/cluster.txt" 2>&1
}
check "three primaries form a cluster" forms_a_cluster
prefix=cluster
require "three gateways listen that share a cluster" start_fleet closed "\"${cluster[0]}\", \"${cluster[1]}\""
check "a cluster: keys on all primaries have their limit" keys_hold
check "a cluster: three gateways let in what one would" bucket_holds
stop_fleet

finish
