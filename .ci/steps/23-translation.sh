#!/usr/bin/env bash
# The official OpenAI and Anthropic SDKs, unchanged, each in front of the other provider: what tests/sdk/run.mjs holds of them
# must hold through both translations. $EDGE is the published binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null
source .ci/lib.sh
source .ci/gateway.sh
source .ci/node.sh

EDGE=${EDGE:-$PWD/artifacts/edge/edge}
export EDGE SMOKE_KEY=sk-smoke

# write_crossed_configuration FILE KEYS: chat completions lead to Claude, and messages to OpenAI.
write_crossed_configuration() {
  write_configuration "$1"
  local list=()
  mapfile -t list < <(sed '/^routes:/,$d' "$1")
  {
    printf '%s\n' "${list[@]}"
    cat << YAML
telemetry: { usageLog: { to: "$work/usage.jsonl" } }
routes:
  - { name: chat, match: { path: /v1/chat/completions }, upstream: claude$2 }
  - { name: messages, match: { path: /v1/messages }, upstream: openai$2 }
  - { name: more-messages, match: { path: "/v1/messages/*" }, upstream: claude }
  - { name: openai, match: { path: "/v1/*" }, upstream: openai }
YAML
  } > "$1"
}

run_sdks() {
  add_closing_line "$node" tests/sdk/run.mjs \
    --openai "http://127.0.0.1:$gateway_port/v1" --anthropic "http://127.0.0.1:$gateway_port" --mock "http://127.0.0.1:$mock_port"
  check "SIGTERM ends the gateway with 0" stop "$gateway_id"
}

require "the SDKs are installed" npm ci --prefix tests/sdk --no-audit --no-fund --loglevel=error
require "there is a Node that the SDKs support" choose_node 20
require "edge mock listens" start_mock
write_crossed_configuration "$work/edge.yaml" ""
require "edge run listens, and translates" start_gateway "$work/edge.yaml"
run_sdks

# What is metered is what the provider says, in its own words.
write_crossed_configuration "$work/metered.yaml" ", metering: {}"
require "edge run listens, and translates what it meters" start_gateway "$work/metered.yaml"
run_sdks
exact_lines() { [[ $(grep -c '"exact":true' "$work/usage.jsonl") -ge $1 ]]; }
check "the usage log has what the SDKs' requests have used" exact_lines 12

finish
