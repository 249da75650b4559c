#!/usr/bin/env bash
# The official OpenAI and Anthropic SDKs, unchanged, against the published binary before the mock provider. $EDGE is the binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null
source .ci/lib.sh
source .ci/gateway.sh

EDGE=${EDGE:-$PWD/artifacts/edge/edge}
export EDGE SMOKE_KEY=sk-smoke
readonly node_major_min=20
readonly node_version=22.23.3
readonly node_folder=artifacts/node

# Sets $node to a Node that the SDKs support. Where the system's is older (Debian 12 has 18), one comes from the package registry,
# which has the bare binary as a package for each kind of machine; it is kept for the next run. It is not put into the path:
# Debian's npm runs with Debian's Node only.
choose_node() {
  node=node
  if [[ $(node --version) =~ ^v([0-9]+) && ${BASH_REMATCH[1]} -ge $node_major_min ]]; then
    return
  fi
  echo "  the system's node $(node --version) is older than $node_major_min: taking $node_version from the registry"
  local package
  package=node-$(runtime_id)
  npm install --prefix "$node_folder" --no-save --no-audit --no-fund --loglevel=error "$package@$node_version"
  node=$node_folder/node_modules/$package/bin/node
  [[ $("$node" --version) == "v$node_version" ]]
}

require "the SDKs are installed" npm ci --prefix tests/sdk --no-audit --no-fund --loglevel=error
require "there is a Node that the SDKs support" choose_node
require "edge mock listens" start_mock
write_configuration "$work/edge.yaml"
require "edge run listens" start_gateway "$work/edge.yaml"
add_closing_line "$node" tests/sdk/run.mjs \
  --openai "http://127.0.0.1:$gateway_port/v1" --anthropic "http://127.0.0.1:$gateway_port" --mock "http://127.0.0.1:$mock_port"
check "SIGTERM ends the gateway with 0" stop "$gateway_id"

finish
