#!/usr/bin/env bash
# Answers from memory on the published binary: a repeat that is spelled otherwise, a stream, another consumer, a purge. $EDGE is
# the binary.
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
routes:
  - { name: chat, authenticate: { with: [consumers] }, metering: {}, cache: { ttl: 5m }, upstream: openai }
YAML
start_gateway "$configuration"

check "the first question goes upstream" is MISS ann-key "$plain"
check "a repeat is answered from memory" is HIT ann-key "$plain"
check "however it is spelled" is HIT ann-key "$respelled"
check "another consumer is not given it" is MISS bob-key "$plain"
check "a stream is replayed byte for byte" same_stream
check "a purge of one consumer" purge consumer=ann
check "takes its answers" is MISS ann-key "$plain"
check "and no others" is HIT bob-key "$plain"
finish
