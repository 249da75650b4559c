# Sourced by the steps about limits that several gateways share: Redis servers, three gateways before the mock, load on them.
# shellcheck shell=bash

# Tokens that all gateways together may use in an hour.
tokens_max=60000

# redis PORT [OPTIONS...]: a server that keeps nothing; its id is in $last_started.
redis() {
  local port=$1
  shift
  mkdir -p "$work/redis-$port"
  start "$work/redis-$port.log" redis-server --port "$port" --bind 127.0.0.1 --save "" --appendonly no \
    --dir "$work/redis-$port" "$@"
  wait_for_port "$last_started" "$port"
}

# redis_of_cluster [OPTIONS...]: one that can be part of a cluster; its port is in $chosen_port. Its bus has a port of its own
# choosing too: the usual one, 10000 above, may be that of somebody's outgoing connection.
redis_of_cluster() {
  local bus
  free_port
  bus=$chosen_port
  free_port
  redis "$chosen_port" --cluster-enabled yes --cluster-port "$bus" "$@"
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
redis: { endpoints: [$3], whenDown: $2, prefix: "$prefix"${redis_more:+, $redis_more} }
telemetry: { usageLog: { to: "$1.usage" } }
upstreams:
  mock: { targets: ["http://127.0.0.1:$mock_port"] }
  llm: { dialect: openai, targets: ["http://127.0.0.1:$mock_port"], credential: any }
routes:
  - name: bucket
    match: { path: "/bucket/*" }
    stripPath: true
    upstream: mock
    limits: [{ name: rate, per: global, requests: 4000, window: 10s, burst: 1000 }]
  - name: steady
    match: { path: "/bytes/*" }
    upstream: mock
    limits: [{ name: much, per: global, requests: 60000000, window: 1m }]
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
  - name: chat
    match: { path: /v1/chat/completions, methods: [POST] }
    upstream: llm
    limits: [{ name: tokens, per: global, tokens: $tokens_max, window: hour }]
YAML
}

# start_fleet WHEN_DOWN ENDPOINTS: three gateways; their ports are in $gateways, those of their administration in $admins. More
# keys of redis come from $redis_more. Where the array clock_shifts has seconds, their wall clocks are off by them: $shifted_clock
# is .ci/shifted-clock.c, built.
start_fleet() {
  local i clock
  gateways=()
  gateway_ids=()
  admins=()
  for i in 1 2 3; do
    configure "$work/edge-$i.yaml" "$@"
    clock=()
    if [[ -n ${clock_shifts[i - 1]-} ]]; then
      clock=(env LD_PRELOAD="$shifted_clock" CLOCK_SHIFT="${clock_shifts[i - 1]}")
    fi
    start "$work/gateway-$prefix-$i.log" ${clock[@]+"${clock[@]}"} "$EDGE" run --config "$work/edge-$i.yaml"
    gateway_ids+=("$last_started")
    wait_for_port "$last_started" "$gateway_port"
    gateways+=("$gateway_port")
    admins+=("$admin_port")
  done
}

stop_fleet() {
  local id
  for id in "${gateway_ids[@]}"; do
    stop "$id" || true
  done
}

# keys_answer STATUS COUNT [BEFORE]: so many keys, asked of all gateways in turn, are all answered so. BEFORE goes before the
# number that is the key.
keys_answer() {
  local key
  for ((key = 1; key <= $2; key++)); do
    [[ $(ask $((key % 3)) /keys/bytes/16 "${3-}$key") == "$1" ]] || return 1
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
    wrk -t1 -c"${connections[i]}" -d"$2s" ${wrk_more[@]+"${wrk_more[@]}"} \
      "http://127.0.0.1:${gateways[i]}$1" > "$work/wrk-$i.txt" 2>&1 &
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

# many_keys: requests of storms have one of 300 keys each, from now on.
many_keys() {
  cat > "$work/keys.lua" << 'LUA'
function request()
  return wrk.format("GET", nil, { ["X-Key"] = "storm " .. math.random(300) })
end
LUA
  wrk_more=(-s "$work/keys.lua")
}

start_limits_mock() {
  free_port
  mock_port=$chosen_port
  start "$work/mock.log" "$EDGE" mock --port "$mock_port"
  wait_for_port "$last_started" "$mock_port"
}

# The /state of a gateway, by its place.
state_of() {
  curl --silent --noproxy '*' --max-time 5 -H 'Authorization: Bearer limits' "http://127.0.0.1:${admins[$1]}/state"
}

# number_of PLACE NAME: a number of its state, the first of that name; 0 where it is not there.
number_of() {
  { state_of "$1" | grep -Eo "\"$2\" *: *[0-9]+" | head -1 | grep -Eo '[0-9]+$'; } || echo 0
}

# How often a gateway has asked Redis for a slice.
draws_of() {
  number_of "$1" draws
}

# sum_of NAME: a number of all states.
sum_of() {
  local i sum=0
  for i in 0 1 2; do
    sum=$((sum + $(number_of "$i" "$1")))
  done
  echo "$sum"
}

# ask PLACE PATH [KEY]: the status that a gateway answers with.
ask() {
  curl --silent --noproxy '*' --max-time 5 -o /dev/null -w '%{http_code}' -H "X-Key: ${3:-any}" \
    "http://127.0.0.1:${gateways[$1]}$2"
}

# ready_of PLACE: status and text of /readyz in a line.
ready_of() {
  curl --silent --noproxy '*' --max-time 5 -w '%{http_code}' "http://127.0.0.1:${admins[$1]}/readyz" | tr '\n' ' '
}

# until_true SECONDS COMMAND...: tries again until it succeeds; fails when it has not by then. How long it took is in $until_ms.
until_true() {
  local began end=$((SECONDS + $1))
  shift
  began=$(date +%s%N)
  until "$@"; do
    if [[ $SECONDS -ge $end ]]; then
      return 1
    fi
    sleep 0.05
  done
  until_ms=$((($(date +%s%N) - began) / 1000000))
}

# lets_in PLACE: a key that nobody has asked for yet is let in.
lets_in() {
  [[ $(ask "$1" /keys/bytes/16 "again $RANDOM $RANDOM") == 200 ]]
}

# Every gateway lets in again: each finds out by itself that Redis is back.
recovers() {
  until_true 10 lets_in 0 && until_true 10 lets_in 1 && until_true 10 lets_in 2
}

# log_says TEXT: every gateway of the fleet has said so.
log_says() {
  local i
  for i in 1 2 3; do
    if ! grep -q "$1" "$work/gateway-$prefix-$i.log"; then
      return 1
    fi
  done
}

# A window may end under the storm; then the limit is let in twice. A storm that would run into the full hour waits for it.
avoid_the_full_hour() {
  local left=$((3600 - $(date +%s) % 3600))
  if [[ $left -lt 20 ]]; then
    sleep "$left"
  fi
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
