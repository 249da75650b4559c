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

lets_the_key_in() {
  [[ $(ask "$1" /keys/bytes/16 by-hand) == 200 ]]
}

# Five requests are let in. Then the first gateway gives three back by hand, and the second and the third let in three.
grant_reaches_all() {
  local counts=() count i
  for _ in used granted; do
    count=0
    for i in {1..20}; do
      ! lets_the_key_in $((1 + i % 2)) || count=$((count + 1))
      sleep 0.1
    done
    counts+=("$count")
    ask_admin -X POST --get -d 'route=keys&limit=each&header:X-Key=by-hand&amount=3&by=ci&reason=test' \
      "http://127.0.0.1:${admins[0]}/limits/grant" > "$work/grant.txt"
    echo "  $count let in; $(cat "$work/grant.txt")"
  done
  [[ ${counts[*]} == "5 3" ]]
}

# Plain and streamed answers, and such whose caller leaves, reserve more than they use. What the three have written down as used
# is what the limit has counted once they have ended, to the token, and the limit is used up but not passed.
tokens_are_exact() {
  local used counted count key
  cat > "$work/chat.lua" << 'LUA'
local count = 0
function request()
  count = count + 1
  local body = string.format(
    '{"model":"gpt-4o","stream":%s,"max_tokens":%d,"messages":[{"role":"user","content":"question %d"}]}',
    tostring(count % 3 == 0), 40 + count % 50, count)
  return wrk.format("POST", nil, { ["Content-Type"] = "application/json" }, body)
end
LUA
  wrk_more=(-s "$work/chat.lua")
  storm /v1/chat/completions 4
  wrk_more=()
  stop_fleet
  used=$(cat "$work"/edge-*.usage | grep -Eo '"(input|output)Tokens":[0-9]+' \
    | cut -d: -f2 | awk '{ sum += $1 } END { print sum }')
  counted=0
  for key in $(cli "$redis_port" --scan --pattern 'patient:window:*'); do
    count=$(cli "$redis_port" hget "$key" u)
    [[ $count -le $counted ]] || counted=$count
  done
  echo "  $used tokens used, $counted of $tokens_max counted"
  [[ $used -eq $counted && $used -le $tokens_max && $used -gt $((tokens_max * 95 / 100)) ]]
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
check "keys: each has its limit, wherever its requests go" keys_hold
check "a frozen Redis refuses at once where it is to be closed" closed_is_closed
check "it lets in again when Redis is back" recovers
stop_fleet

# A draw that is answered too late is lost to the limit, which a busy machine would show here: these wait for long.
prefix=patient
redis_more="timeout: 2s"
require "three gateways listen that wait for Redis" start_fleet closed "\"127.0.0.1:$redis_port\""
check "a grant by hand at one gateway is there at the others" grant_reaches_all
check "tokens: what is gone from the limit is what providers reported" tokens_are_exact
redis_more=

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
  require "primary $i listens" redis_of_cluster
  cluster+=("127.0.0.1:$chosen_port")
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
