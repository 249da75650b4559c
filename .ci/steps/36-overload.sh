#!/usr/bin/env bash
# The published binary before an upstream that is asked for twice what it can serve: gold keeps its time, and
# free is turned away. $EDGE is the binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null
source .ci/lib.sh
source .ci/gateway.sh
source .ci/node.sh

EDGE=${EDGE:-$PWD/artifacts/edge/edge}
require "there is a Node" choose_node 18
free_port
upstream_port=$chosen_port
free_port
gateway_port=$chosen_port
free_port
admin_port=$chosen_port
hash_of() { printf '%s' "$1" | sha256sum | cut -d' ' -f1; }
cat > "$work/edge.yaml" << YAML
listeners: [{ address: 127.0.0.1:$gateway_port }]
admin: { address: 127.0.0.1:$admin_port, token: token }
overload: { shedFirst: [free], queueMax: 20, queueTimeout: 200ms }
upstreams: { it: { targets: ["http://127.0.0.1:$upstream_port"] } }
identity:
  consumers:
    a: { tier: free, apiKeys: [{ name: a, sha256: $(hash_of free-key) }] }
    b: { tier: gold, apiKeys: [{ name: b, sha256: $(hash_of gold-key) }] }
routes: [{ name: all, upstream: it, authenticate: { with: [consumers] } }]
YAML

start "$work/upstream.log" "$node" tests/overload/run.mjs serve "$upstream_port"
require "the upstream listens" wait_for_port "$last_started" "$upstream_port"
require "edge run listens" start_gateway "$work/edge.yaml"
add_closing_line "$node" tests/overload/run.mjs ask \
  --gateway "http://127.0.0.1:$gateway_port/" --admin "http://127.0.0.1:$admin_port" --token token
check "SIGTERM ends the gateway with 0" stop "$gateway_id"
finish
