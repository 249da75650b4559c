#!/usr/bin/env bash
# Questions that are alike, on the published binary with its mock provider, which makes vectors by the words of a text: a hit,
# what must never be one, a purge, and an upstream for vectors that is slow, rude or away. $EDGE is the binary.
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

# ask KEY QUESTION [MEMBERS [PATH]]: the head goes to $work/head, the body to $work/body.
ask() {
  curl --silent --show-error --noproxy '*' --max-time 20 --dump-header "$work/head" --output "$work/body" \
    --header "Authorization: Bearer $1" --header 'Content-Type: application/json' \
    --data "{\"model\":\"gpt-4o-mini\"${3:-},\"messages\":[{\"role\":\"user\",\"content\":\"$2\"}]}" \
    "http://127.0.0.1:$gateway_port${4:-}/v1/chat/completions"
}

# status TEXT ask's arguments: Cache-Status begins and ends so.
status() {
  local wanted=$1
  shift
  ask "$@" && tr -d '\r' < "$work/head" | grep -qix "cache-status: edge; $wanted"
}

answers() {
  grep -qF "You said: $1" "$work/body"
}

admin() {
  curl --silent --noproxy '*' --max-time 20 --header 'Authorization: Bearer admin' "$@"
}

purge() {
  admin --request POST "http://127.0.0.1:$admin_port/cache/purge?$1" | grep -q '"removed":[1-9]'
}

purge_last() {
  purge "key=$(tr -d '\r' < "$work/head" | sed -n 's/^[Xx]-[Cc]ache-[Kk]ey: //p')"
}

# metric NAME TEXT NUMBER: the series of NAME that has TEXT in its labels.
metric() {
  admin "http://127.0.0.1:$admin_port/metrics" | grep "^$1{" | grep -F "$2" | grep -q " $3\$"
}

# embeddings_asked NUMBER: how often the mock has made vectors.
embeddings_asked() {
  curl --silent --noproxy '*' "http://127.0.0.1:$mock_port/mock/stats" | tr ',{' '\n\n' | grep -qx "\"/v1/embeddings\":$1}*"
}

readonly france='What is the capital of France'
readonly alike='Tell me, what is the capital of France?'
readonly hit='hit; ttl=[0-9]*; detail=semantic'
readonly miss='fwd=miss; stored'

start_mock
free_port
gateway_port=$chosen_port
free_port
admin_port=$chosen_port
free_port
readonly nobody=$chosen_port
semantic() {
  echo "cache: { ttl: 5m, semantic: { upstream: $1, model: \"$2\", dimensions: 1536, threshold: 0.85, timeout: 300ms } }"
}

cat > "$configuration" << YAML
listeners: [{ address: 127.0.0.1:$gateway_port }]
admin: { address: 127.0.0.1:$admin_port, token: admin }
identity:
  consumers:
    ann: { apiKeys: [{ name: a, sha256: "$(hash_of ann-key)" }] }
    bob: { apiKeys: [{ name: b, sha256: "$(hash_of bob-key)" }] }
upstreams:
  openai: { dialect: openai, targets: ["http://127.0.0.1:$mock_port"], credential: "\${SMOKE_KEY}" }
  away: { dialect: openai, targets: ["http://127.0.0.1:$nobody"] }
defaults: { authenticate: { with: [consumers] }, metering: {} }
routes:
  - { name: slow, match: { path: "/slow/*" }, stripPath: true, upstream: openai, $(semantic openai mock-silent) }
  - { name: rude, match: { path: "/rude/*" }, stripPath: true, upstream: openai, $(semantic openai mock-garbage) }
  - { name: away, match: { path: "/away/*" }, stripPath: true, upstream: openai, $(semantic away e) }
  - { name: chat, upstream: openai, $(semantic openai e) }
YAML
start_gateway "$configuration"

check "the first question goes upstream" status "$miss" ann-key "$france"
check "one much like it gets its answer" status "$hit" ann-key "$alike"
check "which is that answer" answers "$france"
check "one that is less like it does not" status "$miss" ann-key "What is the population of France"
check "nor does another consumer" status "$miss" bob-key "$alike"
check "nor a request with another parameter" status "$miss" ann-key "$alike" ',"max_tokens":9'
check "nor one whose question has a number more" status "$miss" ann-key "$alike 7"
check "a stream is asked for once" status "$miss" ann-key "$france" ',"stream":true'
check "and replayed to a question like it" status "$hit" ann-key "$alike" ',"stream":true'
check "it ends as it ended" grep -q '^data: \[DONE\]' "$work/body"
check "a purge by the key that callers see" purge_last
check "takes that answer from all questions" status "$miss" ann-key "$alike" ',"stream":true'
check "a repeat needs no vector" status 'hit; ttl=[0-9]*' ann-key "$france"
check "each new question needed one" embeddings_asked 9
check "hits are counted" metric edge_cache_requests_total 'edge_route="chat",edge_outcome="semantic"' 2
check "so are vectors" metric edge_cache_embeddings_total 'edge_route="chat",edge_outcome="miss"' 7
check "the administrator sees them" \
  grep -q '"semanticHits":2' <(admin "http://127.0.0.1:$admin_port/cache")
for route in slow rude away; do
  check "where vectors are $route, questions go upstream" status "$miss" ann-key "$france" '' "/$route"
  check "all of them" status "$miss" ann-key "$alike" '' "/$route"
  check "and are answered" answers "$alike"
  check "and repeats come from memory" status 'hit; ttl=[0-9]*' ann-key "$alike" '' "/$route"
  check "which is counted" metric edge_cache_embeddings_total "edge_route=\"$route\",edge_outcome=\"failed\"" 2
done
finish
