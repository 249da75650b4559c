#!/usr/bin/env bash
# The published binary before two upstreams, of which one is killed and started again under load: no request is lost that had not
# begun to be answered. Callers and upstreams are both counted. $EDGE is the binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null
source .ci/lib.sh
source .ci/gateway.sh
source .ci/node.sh

EDGE=${EDGE:-$PWD/artifacts/edge/edge}
require "there is a Node" choose_node 18
free_port
first_port=$chosen_port
free_port
second_port=$chosen_port
free_port
gateway_port=$chosen_port
free_port
admin_port=$chosen_port
cat > "$work/edge.yaml" << YAML
listeners: [{ address: 127.0.0.1:$gateway_port }]
admin: { address: 127.0.0.1:$admin_port }
upstreams:
  it:
    targets: ["http://127.0.0.1:$first_port", "http://127.0.0.1:$second_port"]
    retries:
      attempts: 5
      budget: 100%
      budgetMin: 1000
      on: [connect, reset]
      nonIdempotent: true
      backoff: { base: 10ms, max: 200ms }
routes: [{ name: all, upstream: it }]
YAML

require "edge run listens" start_gateway "$work/edge.yaml"
add_closing_line "$node" tests/attempts/run.mjs ask "http://127.0.0.1:$gateway_port/" "$first_port" "$second_port" "$work"
curl --silent --noproxy '*' --max-time 10 "http://127.0.0.1:$admin_port/metrics" > "$work/metrics" || true
# One that was sent once more because its connection had been dead before is repeated, and no retry.
check "the metrics count what was repeated" \
  grep -Eq '^edge_upstream_attempts_total\{.*edge_repeated="true"\} [1-9]' "$work/metrics"
grep -E '^edge_upstream_(retries|attempts)' "$work/metrics" | sed 's/^/  /' || true
check "SIGTERM ends the gateway with 0" stop "$gateway_id"
finish
