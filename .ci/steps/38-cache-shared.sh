#!/usr/bin/env bash
# Answers that three native gateways share through a real Redis: what is stored at one is found by the others, what is purged
# at one is gone at all; also while Redis is frozen, killed and flushed under load, and on a cluster. $EDGE is the binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null
source .ci/lib.sh
source .ci/limits.sh
source .ci/gateway.sh

EDGE=${EDGE:-$PWD/artifacts/edge/edge}
export EDGE SMOKE_KEY=sk-smoke LC_ALL=C
install_missing redis-server:redis-server curl:curl
readonly question='{"model":"gpt-4o-mini","messages":[{"role":"user","content":"shared"}]}'
readonly stream='{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"shared"}]}'

hash_of() {
  printf %s "$1" | sha256sum | cut -d ' ' -f 1
}

# start_three ENDPOINTS TIMEOUT: three gateways with the same file but for their ports, which are in $gateways and $admins.
start_three() {
  local i file
  gateways=()
  admins=()
  for i in 1 2 3; do
    free_port
    gateway_port=$chosen_port
    free_port
    file=$work/edge-$i-$gateway_port.yaml
    cat > "$file" << YAML
listeners: [{ address: 127.0.0.1:$gateway_port }]
admin: { address: 127.0.0.1:$chosen_port, token: admin }
redis: { endpoints: [$1], timeout: $2 }
telemetry: { auditLog: { to: "$file.audit" } }
identity:
  consumers:
    ann: { apiKeys: [{ name: a, sha256: "$(hash_of ann-key)" }] }
    bob: { apiKeys: [{ name: b, sha256: "$(hash_of bob-key)" }] }
upstreams:
  openai: { dialect: openai, targets: ["http://127.0.0.1:$mock_port"], credential: "\${SMOKE_KEY}" }
  web: { targets: ["http://127.0.0.1:$mock_port"] }
routes:
  - name: web
    match: { path: "/bytes/*" }
    cache: { scope: public, ttl: 5m, store: redis, tags: [pages] }
    upstream: web
  - { name: chat, authenticate: { with: [consumers] }, metering: {}, cache: { ttl: 5m, store: redis }, upstream: openai }
YAML
    start_gateway "$file"
    gateways+=("$gateway_port")
    admins+=("$chosen_port")
  done
}

figures() {
  curl --silent --noproxy '*' --max-time 20 --header 'Authorization: Bearer admin' "http://127.0.0.1:${admins[$1]}/cache"
}

# shared PLACE NAME: a figure of the store that the gateways share.
shared() {
  figures "$1" | grep -o '"redis":{.*' | grep -Eo "\"$2\":[0-9a-z]+" | head -1 | cut -d : -f 2
}

is_up() {
  [[ $(shared "$1" up) == true ]]
}

all_are_up() {
  is_up 0 && is_up 1 && is_up 2
}

has_stored() {
  [[ $(shared "$1" stored) -ge $2 ]]
}

# get PLACE WANTED PATH: X-Cache of a GET, whose body is the service's.
get() {
  curl --silent --show-error --noproxy '*' --max-time 5 --dump-header "$work/head" --output "$work/body" \
    "http://127.0.0.1:${gateways[$1]}$3" || return 1
  curl --silent --noproxy '*' --max-time 5 --output "$work/right" "http://127.0.0.1:$mock_port$3"
  cmp -s "$work/body" "$work/right" && grep -qi "^x-cache: $2" "$work/head"
}

# ask PLACE WANTED KEY BODY: X-Cache of a question to the model.
ask_model() {
  curl --silent --show-error --noproxy '*' --max-time 20 --dump-header "$work/head" --output "$work/body" \
    --header "Authorization: Bearer $3" --header 'Content-Type: application/json' --data "$4" \
    "http://127.0.0.1:${gateways[$1]}/v1/chat/completions" && grep -qi "^x-cache: $2" "$work/head"
}

stream_is_the_same() {
  ask_model 0 MISS ann-key "$stream" && cp "$work/body" "$work/first" && until_true 5 has_stored 0 3 \
    && ask_model 1 HIT ann-key "$stream" && cmp -s "$work/first" "$work/body" && grep -q '^data: \[DONE\]' "$work/body"
}

# purge PLACE QUERY ANSWER: the answer of a purge has ANSWER in it.
purge() {
  curl --silent --noproxy '*' --max-time 20 --request POST --header 'Authorization: Bearer admin' \
    "http://127.0.0.1:${admins[$1]}/cache/purge?$2" > "$work/purge" && grep -q "$3" "$work/purge"
}

is_audited() {
  grep -q 'cache/purge tag=pages: [0-9]* answers removed, replicas told' "$work"/*.audit
}

# Six hundred requests for forty pages at all gateways, each answer compared with the service's own; COMMAND runs meanwhile.
storm_is_right() {
  local i list=$work/storm.list id
  rm -rf "$work/storm" && mkdir "$work/storm"
  : > "$list"
  for i in {1..600}; do
    printf 'url = "http://127.0.0.1:%s/bytes/%s"\noutput = "%s/storm/%s.%s"\n' \
      "${gateways[i % 3]}" $((3000 + i % 40)) "$work" $((3000 + i % 40)) "$i" >> "$list"
  done
  curl --silent --noproxy '*' --max-time 5 --rate 200/s --parallel --parallel-max 12 --config "$list" > "$work/storm.txt" 2>&1 &
  id=$!
  "$@" || return 1
  wait "$id" || return 1
  for i in {0..39}; do
    curl --silent --noproxy '*' "http://127.0.0.1:$mock_port/bytes/$((3000 + i))" > "$work/right"
    for file in "$work/storm/$((3000 + i))".*; do
      cmp -s "$work/right" "$file" || return 1
    done
  done
  [[ $(find "$work/storm" -type f | wc -l) == 600 ]]
}

flush_twice() {
  sleep 0.3
  cli "$redis_port" flushall > "$work/flush.txt"
  sleep 0.5
  cli "$redis_port" flushall > "$work/flush.txt"
}

freeze_and_thaw() {
  sleep 0.3
  kill -STOP "$redis_id"
  sleep 1.5
  kill -CONT "$redis_id"
}

kill_and_start() {
  sleep 0.3
  kill -KILL "$redis_id"
  sleep 1
  redis "$redis_port" && redis_id=$last_started
}

# Of requests for pages that nobody has, only those wait that ask before the first has waited for 100 ms.
nobody_waits_for_a_frozen_one() {
  local i slow=0 took
  kill -STOP "$redis_id"
  for i in {1..20}; do
    took=$(curl --silent --noproxy '*' --max-time 5 --output "$work/body" --write-out '%{time_total}' \
      "http://127.0.0.1:${gateways[0]}/bytes/$((7000 + i))")
    [[ $(tr -d . <<< "$took" | sed 's/^0*//') -lt 60000 ]] || slow=$((slow + 1))
  done
  echo "  $slow of 20 waited"
  [[ $slow -le 2 ]]
}

thaw() {
  kill -CONT "$redis_id"
}

# What another program has written where an answer is expected.
spoil() {
  local key
  for key in $(cli "$redis_port" --scan --pattern 'edge:cache:{*}:*'); do
    cli "$redis_port" setrange "$key" 130 spoiled > "$work/spoil.txt"
  done
}

start_mock
free_port
redis_port=$chosen_port
require "Redis listens" redis "$redis_port"
redis_id=$last_started
start_three "\"127.0.0.1:$redis_port\"" 100ms
require "three gateways share it" until_true 10 all_are_up

check "the first asks the service" get 0 MISS /bytes/5000
check "the answer goes to Redis" until_true 5 has_stored 0 1
check "the second finds it there" get 1 HIT /bytes/5000
check "and the third" get 2 HIT /bytes/5000
check "a question to a model goes upstream once" ask_model 0 MISS ann-key "$question"
check "and to Redis" until_true 5 has_stored 0 2
check "the second finds it" ask_model 1 HIT ann-key "$question"
check "but not for another consumer" ask_model 1 MISS bob-key "$question"
check "a stream is the same at another" stream_is_the_same
check "a purge by tag at the third is told to all" purge 2 tag=pages '"told"'
check "and is gone at the second" until_true 2 get 1 MISS /bytes/5000
check "what it did not mean stays" ask_model 2 HIT ann-key "$question"
check "it is audited" is_audited
check "a purge of a consumer at the first" purge 0 consumer=ann '"removed":[1-9].*"told"'
check "is one at the third" until_true 2 ask_model 2 MISS ann-key "$question"
check "and takes nobody else's" ask_model 1 HIT bob-key "$question"

check "what is spoiled in Redis" get 0 MISS /bytes/6000
until_true 5 has_stored 0 5 || true
spoil
check "is not given to anybody" get 1 MISS /bytes/6000
check "and counted" test "$(shared 1 foreign)" -ge 1

check "answers are right while Redis is flushed" storm_is_right flush_twice
check "while it is frozen" storm_is_right freeze_and_thaw
require "it is used again" until_true 10 all_are_up
check "while it is killed and started again" storm_is_right kill_and_start
require "it is used again then" until_true 10 all_are_up

check "nobody waits for a frozen one" nobody_waits_for_a_frozen_one
check "a purge then is made here and told later" purge 0 tag=pages '"to be told"'
check "and its answers are asked for again" get 0 MISS /bytes/7001
thaw
require "it is used again after that" until_true 10 all_are_up
check "what was stored at the second before" get 1 MISS /bytes/7100
check "is purged there by one at the first" purge 0 prefix=/bytes/71 '"told"'
check "as it says" until_true 2 get 1 MISS /bytes/7100

cluster=()
for i in 1 2 3; do
  require "server $i of a cluster listens" redis_of_cluster --cluster-node-timeout 1000
  cluster+=("127.0.0.1:$chosen_port")
done
check "they form a cluster" bash -c "redis-cli --cluster create ${cluster[*]} --cluster-yes > $work/cluster.txt 2>&1"
is_formed() { [[ $(cli "${cluster[0]#*:}" cluster info | grep -c 'cluster_state:ok') -eq 1 ]]; }
require "whose slots are all served" until_true 20 is_formed
start_three "\"${cluster[0]}\", \"${cluster[1]}\", \"${cluster[2]}\"" 1s
require "three gateways share it" until_true 10 all_are_up
cluster_is_shared() {
  local i
  for i in {1..30}; do
    get 0 MISS "/bytes/$((4000 + i))" || return 1
  done
  until_true 5 has_stored 0 30 || return 1
  for i in {1..30}; do
    get 1 HIT "/bytes/$((4000 + i))" || return 1
  done
}
check "what one has stored on any server the next finds" cluster_is_shared
check "a purge is told" purge 2 route=web '"told"'
check "to all" until_true 2 get 1 MISS /bytes/4001
finish
