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

finish
