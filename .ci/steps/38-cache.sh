#!/usr/bin/env bash
# Answers from memory on the published binary: a repeat that is spelled otherwise, a stream, another consumer, many at once, an
# ordinary service, a purge. $EDGE is the binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null
source .ci/lib.sh
source .ci/gateway.sh

EDGE=${EDGE:-$PWD/artifacts/edge/edge}
export EDGE SMOKE_KEY=sk-smoke LC_ALL=C
readonly configuration=$work/edge.yaml

hash_of() {
  printf %s "$1" | sha256sum | cut -d ' ' -f 1
}

# ask KEY BODY: the head goes to $work/head, the body to $work/body.
ask() {
  curl --silent --show-error --noproxy '*' --max-time 20 --dump-header "$work/head" --output "$work/body" \
    --header "Authorization: Bearer $1" --header 'Content-Type: application/json' --data "$2" \
    "http://127.0.0.1:$gateway_port/v1/chat/completions"
}

is() {
  ask "$2" "$3" && grep -qi "^x-cache: $1" "$work/head"
}

purge() {
  curl --silent --noproxy '*' --max-time 20 --request POST --header 'Authorization: Bearer admin' \
    "http://127.0.0.1:$admin_port/cache/purge?$1" | grep -q '"removed":[1-9]'
}

same_stream() {
  is MISS ann-key "$stream" && cp "$work/body" "$work/first" && is HIT ann-key "$stream" && cmp -s "$work/first" "$work/body" \
    && grep -q '^data: \[DONE\]' "$work/body"
}

# twenty_at_once: twenty ask the same slow stream; one of them makes the call, and all get the same.
twenty_at_once() {
  local i pids=()
  for i in {1..20}; do
    curl --silent --show-error --noproxy '*' --max-time 30 --dump-header "$work/head.$i" --output "$work/body.$i" \
      --header 'Authorization: Bearer ann-key' --header 'Content-Type: application/json' --data "$slow" \
      "http://127.0.0.1:$gateway_port/v1/chat/completions" &
    pids+=($!)
  done
  wait "${pids[@]}"
  [[ $(cat "$work"/head.* | grep -ci '^x-cache: miss') == 1 ]] || return 1
  [[ $(cat "$work"/head.* | grep -ci '^cache-status: edge; fwd=miss; collapsed') -ge 1 ]] || return 1
  grep -q '^data: \[DONE\]' "$work/body.1" || return 1
  for i in {2..20}; do
    cmp -s "$work/body.1" "$work/body.$i" || return 1
  done
}

# get STATUS PATH [CURL ARGUMENT]...: the status and X-Cache of a GET are "STATUS".
get() {
  local wanted=$1 path=$2 status
  shift 2
  status=$(curl --silent --noproxy '*' --max-time 20 --dump-header "$work/head" --output "$work/body" --write-out '%{http_code}' \
    "$@" "http://127.0.0.1:$gateway_port$path")
  [[ "$status $(sed -n 's/^[Xx]-[Cc]ache: \([A-Z]*\).*/\1/p' "$work/head")" == "$wanted" ]]
}

readonly slow='{"model":"mock;head-delay=700;gap=5;tokens=40","stream":true,"messages":[{"role":"user","content":"many"}]}'
readonly plain='{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hello"}]}'
readonly respelled='{ "messages": [ {"content":"h\u0065llo", "role":"user"} ], "model":"gpt-4o-mini" }'
readonly stream='{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"hello"}]}'

start_mock
free_port
gateway_port=$chosen_port
free_port
admin_port=$chosen_port
cat > "$configuration" << YAML
listeners: [{ address: 127.0.0.1:$gateway_port }]
admin: { address: 127.0.0.1:$admin_port, token: admin }
identity:
  consumers:
    ann: { apiKeys: [{ name: a, sha256: "$(hash_of ann-key)" }] }
    bob: { apiKeys: [{ name: b, sha256: "$(hash_of bob-key)" }] }
upstreams:
  openai: { dialect: openai, targets: ["http://127.0.0.1:$mock_port"], credential: "\${SMOKE_KEY}" }
  web: { targets: ["http://127.0.0.1:$mock_port"] }
routes:
  - { name: web, match: { path: "/bytes/*" }, cache: { scope: public, ttl: 5m }, upstream: web }
  - { name: chat, authenticate: { with: [consumers] }, metering: {}, cache: { ttl: 5m }, upstream: openai }
YAML
start_gateway "$configuration"

check "the first question goes upstream" is MISS ann-key "$plain"
check "a repeat is answered from memory" is HIT ann-key "$plain"
check "however it is spelled" is HIT ann-key "$respelled"
check "another consumer is not given it" is MISS bob-key "$plain"
check "a stream is replayed byte for byte" same_stream
check "twenty that ask the same at once are one call" twenty_at_once
check "an ordinary service is asked once" get "200 MISS" /bytes/1000
check "and then its answer comes from memory" get "200 HIT" /bytes/1000
check "the head of it alone too" get "200 HIT" /bytes/1000 --head
check "a part of it comes from memory" get "206 HIT" /bytes/1000 --range 0-9
check "several parts pass" get "200 BYPASS" /bytes/1000 --range 0-9,20-29
check "a purge of its route" purge route=web
check "has it asked for again" get "200 MISS" /bytes/1000
check "a purge of one consumer" purge consumer=ann
check "takes its answers" is MISS ann-key "$plain"
check "and no others" is HIT bob-key "$plain"
finish
