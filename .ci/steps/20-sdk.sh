#!/usr/bin/env bash
# The official OpenAI and Anthropic SDKs, unchanged, against the published binary before the mock provider. $EDGE is the binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null
source .ci/lib.sh
source .ci/gateway.sh
source .ci/node.sh

EDGE=${EDGE:-$PWD/artifacts/edge/edge}
export EDGE SMOKE_KEY=sk-smoke

require "the SDKs are installed" npm ci --prefix tests/sdk --no-audit --no-fund --loglevel=error
require "there is a Node that the SDKs support" choose_node 20
require "edge mock listens" start_mock
write_configuration "$work/edge.yaml"
require "edge run listens" start_gateway "$work/edge.yaml"
add_closing_line "$node" tests/sdk/run.mjs \
  --openai "http://127.0.0.1:$gateway_port/v1" --anthropic "http://127.0.0.1:$gateway_port" --mock "http://127.0.0.1:$mock_port"
check "SIGTERM ends the gateway with 0" stop "$gateway_id"

# The same through routes that read every body: what the SDKs send is valid, and they find nothing changed.
write_body_configuration() {
  local list=()
  mapfile -t list < <(grep -v '^routes:' "$work/edge.yaml" | sed -n '1,/^  claude:/p')
  {
    printf '%s\n' "${list[@]}"
    cat << YAML
telemetry: { usageLog: { to: "$work/usage.jsonl" } }
defaults:
  metering: { usageHeader: true }
routes:
  - name: chat
    match: { path: /v1/chat/completions }
    validate: { schema: openai-chat-lenient }
    rewrite: [{ default: { user: sdk } }, { clamp: { temperature: [0, 2] } }]
    upstream: openai
  - name: embeddings
    match: { path: /v1/embeddings }
    validate: { schema: openai-embeddings }
    rewrite: [{ default: { user: sdk } }]
    upstream: openai
  - name: responses
    match: { path: /v1/responses }
    validate: { schema: openai-responses }
    rewrite: [{ default: { user: sdk } }]
    upstream: openai
  - name: messages
    match: { path: /v1/messages }
    validate: { schema: anthropic-messages }
    rewrite: [{ default: { metadata: { user_id: sdk } } }]
    upstream: claude
  - { name: more-messages, match: { path: "/v1/messages/*" }, upstream: claude }
  - { name: openai, match: { path: "/v1/*" }, upstream: openai }
YAML
  } > "$1"
}

write_body_configuration "$work/bodies.yaml"
require "edge run listens, with routes that read bodies" start_gateway "$work/bodies.yaml"
add_closing_line "$node" tests/sdk/run.mjs \
  --openai "http://127.0.0.1:$gateway_port/v1" --anthropic "http://127.0.0.1:$gateway_port" --mock "http://127.0.0.1:$mock_port"
check "SIGTERM ends the gateway with 0" stop "$gateway_id"
exact_lines() { [[ $(grep -c '"exact":true' "$work/usage.jsonl") -ge $1 ]]; }
check "the usage log has what the SDKs' requests have used" exact_lines 20

# Routes that keep answers, and make streams of whole ones and whole ones of streams.
write_cache_configuration() {
  free_port
  gateway_port=$chosen_port
  cat > "$1" << YAML
listeners: [{ address: 127.0.0.1:$gateway_port }]
identity: { consumers: { sdk: { apiKeys: [{ name: a, sha256: "$(printf sdk-key | sha256sum | cut -d ' ' -f 1)" }] } } }
upstreams:
  openai: { dialect: openai, targets: ["http://127.0.0.1:$mock_port"], credential: "\${SMOKE_KEY}" }
  claude: { dialect: anthropic, targets: ["http://127.0.0.1:$mock_port"], credential: "\${SMOKE_KEY}" }
defaults:
  authenticate: { with: [consumers] }
  metering: {}
  cache: { ttl: 5m, convert: true, tools: true }
routes:
  - { name: messages, match: { path: /v1/messages }, upstream: claude }
  - { name: openai, match: { path: "/v1/*" }, upstream: openai }
YAML
}

write_cache_configuration "$work/cache.yaml"
require "edge run listens, with routes that keep answers" start_gateway "$work/cache.yaml"
add_closing_line "$node" tests/sdk/cache.mjs \
  --openai "http://127.0.0.1:$gateway_port/v1" --anthropic "http://127.0.0.1:$gateway_port" --key sdk-key
check "SIGTERM ends the gateway with 0" stop "$gateway_id"

finish
