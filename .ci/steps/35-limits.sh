#!/usr/bin/env bash
# Limits of a fleet: three gateways on one Redis, and on a cluster of three primaries, never let in more than the limit, counted
# at the upstream; also when Redis is frozen, killed and flushed in the middle. $EDGE is the binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null
source .ci/lib.sh

EDGE=${EDGE:-$PWD/artifacts/edge/edge}
install_missing redis-server:redis-server wrk:wrk curl:curl

# redis PORT [OPTIONS...]: a server that keeps nothing; its id is in $last_started.
redis() {
  local port=$1
  shift
  mkdir -p "$work/redis-$port"
  start "$work/redis-$port.log" redis-server --port "$port" --bind 127.0.0.1 --save "" --appendonly no \
    --dir "$work/redis-$port" "$@"
  wait_for_port "$last_started" "$port"
}

cli() {
  redis-cli -h 127.0.0.1 -p "$@"
}

# configure FILE WHEN_DOWN ENDPOINTS: routes with a bucket, a window and a bucket for bursts; $gateway_port is chosen.
configure() {
  free_port
  gateway_port=$chosen_port
  free_port
  admin_port=$chosen_port
  cat > "$1" << YAML
listeners:
  - address: 127.0.0.1:$gateway_port
admin: { address: 127.0.0.1:$admin_port, token: limits }
redis: { endpoints: [$3], whenDown: $2, prefix: "$prefix" }
upstreams:
  mock: { targets: ["http://127.0.0.1:$mock_port"] }
routes:
  - name: bucket
    match: { path: "/bucket/*" }
    stripPath: true
    upstream: mock
    limits: [{ name: rate, per: global, requests: 4000, window: 10s, burst: 1000 }]
  - name: window
    match: { path: "/window/*" }
    stripPath: true
    upstream: mock
    limits: [{ name: quota, per: global, requests: 2000, window: hour }]
  - name: keys
    match: { path: "/keys/*" }
    stripPath: true
    upstream: mock
    limits: [{ name: each, per: "header:X-Key", requests: 5, window: 1h }]
YAML
}

# start_fleet WHEN_DOWN ENDPOINTS: three gateways; their ports are in $gateways.
start_fleet() {
  local i
  gateways=()
  gateway_ids=()
  for i in 1 2 3; do
    configure "$work/edge-$i.yaml" "$@"
    start "$work/gateway-$prefix-$i.log" "$EDGE" run --config "$work/edge-$i.yaml"
    gateway_ids+=("$last_started")
    wait_for_port "$last_started" "$gateway_port"
    gateways+=("$gateway_port")
  done
}

stop_fleet() {
  local id
  for id in "${gateway_ids[@]}"; do
    stop "$id" || true
  done
}

# What the upstream has been asked for so far.
seen() {
  curl --silent --noproxy '*' "http://127.0.0.1:$mock_port/mock/stats" | grep -Eo '"/bytes" *: *[0-9]+' | grep -Eo '[0-9]+$'
}

# storm PATH SECONDS [COMMAND]: uneven load on all three, more than the limit, and meanwhile the command. The time that it took is
# in $took_ms, what came through in $came.
storm() {
  local before began i ids=() connections=(24 6 2)
  before=$(seen)
  began=$(date +%s%N)
  for i in 0 1 2; do
    wrk -t1 -c"${connections[i]}" -d"$2s" "http://127.0.0.1:${gateways[i]}$1" > "$work/wrk-$i.txt" 2>&1 &
    ids+=("$!")
  done
  [[ -z ${3:-} ]] || "$3"
  for i in "${ids[@]}"; do
    wait "$i"
  done
  took_ms=$((($(date +%s%N) - began) / 1000000))
  came=$(($(seen) - before))
}

# within LEAST MOST: what came lies between, and is shown.
within() {
  echo "  $came came through in $took_ms ms; at least $1, at most $2"
  [[ $came -ge $1 && $came -le $2 ]]
}

bucket_holds() {
  storm /bucket/bytes/16 5
  within $((1000 + 400 * 5 * 9 / 10)) $((1000 + 400 * took_ms / 1000))
}

# A window may end under the storm; then the limit is let in twice. A storm that would run into the full hour waits for it.
avoid_the_full_hour() {
  local left=$((3600 - $(date +%s) % 3600))
  if [[ $left -lt 20 ]]; then
    sleep "$left"
  fi
}

window_holds() {
  avoid_the_full_hour
  storm /window/bytes/16 2
  within 1980 2000
}

# Five for each key, wherever its requests go.
keys_hold() {
  local key i let_in=0 code
  for key in {1..20}; do
    for i in {1..9}; do
      code=$(curl --silent --noproxy '*' -o /dev/null -w '%{http_code}' -H "X-Key: $key" \
        "http://127.0.0.1:${gateways[i % 3]}/keys/bytes/16")
      [[ $code != 200 ]] || let_in=$((let_in + 1))
    done
  done
  echo "  $let_in of 100"
  [[ $let_in -eq 100 ]]
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

# How often the last gateway has asked Redis.
draws() {
  curl --silent --noproxy '*' -H 'Authorization: Bearer limits' "http://127.0.0.1:$admin_port/state" \
    | grep -Eo '"draws" *: *[0-9]+' | grep -Eo '[0-9]+$'
}

# Refused, and nobody asks a server that is frozen.
closed_is_closed() {
  local codes before after
  kill -STOP "$redis_id"
  sleep 1.5
  before=$(draws)
  codes=$(for i in {1..20}; do
    curl --silent --noproxy '*' -o /dev/null -w '%{http_code}\n' -H "X-Key: frozen $i" \
      "http://127.0.0.1:${gateways[2]}/keys/bytes/16"
  done)
  after=$(draws)
  kill -CONT "$redis_id"
  echo "  $before draws before, $after after; $(sort <<< "$codes" | uniq -c | tr '\n' ' ')"
  [[ $(grep -c '^503' <<< "$codes") -eq 20 && $before -eq $after ]]
}

recovers() {
  local end=$((SECONDS + 10))
  until [[ $(curl --silent --noproxy '*' -o /dev/null -w '%{http_code}' -H 'X-Key: again' \
    "http://127.0.0.1:${gateways[0]}/keys/bytes/16") == 200 ]]; do
    [[ $SECONDS -lt $end ]] || return 1
    sleep 0.05
  done
}

free_port
mock_port=$chosen_port
start "$work/mock.log" "$EDGE" mock --port "$mock_port"
require "edge mock listens" wait_for_port "$last_started" "$mock_port"

free_port
redis_port=$chosen_port
require "redis listens" redis "$redis_port"
redis_id=$last_started
prefix=closed
require "three gateways listen" start_fleet closed "\"127.0.0.1:$redis_port\""
check "a bucket: three gateways let in what one would" bucket_holds
check "a window: three gateways let in the limit exactly" window_holds
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
