#!/usr/bin/env bash
# An MCP client's walk from 401 to a token at a real authorisation server (oidc-provider) and back in, and key rotation under
# load. $EDGE is the published binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null
source .ci/lib.sh
source .ci/node.sh

EDGE=${EDGE:-$PWD/artifacts/edge/edge}

require "authorisation server and MCP SDK are installed" npm ci --prefix tests/oauth --no-audit --no-fund --loglevel=error
require "there is a Node that they support" choose_node 22
add_closing_line timeout 180 "$node" tests/oauth/run.mjs --edge "$EDGE"

finish
