#!/usr/bin/env bash
# Callers and a provider who would write into what the gateway tells: headers, trace contexts, credentials and answers with
# control characters, ends of lines of all alphabets, quotes, escape sequences and whole forged lines, from a fixed seed. Access
# log in each format, audit log, the program's own log, OTLP, and the trace context that goes upstream. $EDGE is the binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null
source .ci/lib.sh
source .ci/gateway.sh

EDGE=${EDGE:-$PWD/artifacts/edge/edge}
export EDGE LC_ALL=C
install_missing node:nodejs
readonly requests=300

configure() {
  free_port
  gateway_port=$chosen_port
  cat > "$work/edge.yaml" << YAML
listeners: [{ address: 127.0.0.1:$gateway_port }]
telemetry:
  otlp: { endpoint: "http://127.0.0.1:$collector_port", logs: [access, program] }
  traces: { sample: 0.5 }
  accessLog: { to: "$work/access.log", format: $1 }
  auditLog: { to: "$work/audit.log" }
tiers: { free: {} }
identity:
  consumers: { app: { tier: free, apiKeys: [{ name: laptop, sha256: "$(printf app-key | sha256sum | cut -d ' ' -f 1)" }] } }
upstreams: { hostile: { targets: ["http://127.0.0.1:$upstream_port"] } }
routes: [{ name: all, authenticate: { with: [consumers] }, requestId: {}, upstream: hostile }]
YAML
}

# A name that would forge a line is one line of the checker's complaint.
refuses_names() {
  cat > "$work/names.yaml" << 'YAML'
upstreams: { "a\nedge: ready": { targets: ["http://127.0.0.1:1"] } }
routes: [{ name: "x\u001b[2K\u202e", upstream: b }]
YAML
  ! "$EDGE" check --config "$work/names.yaml" > "$work/names.log" 2>&1 || return 1
  [[ $(wc -l < "$work/names.log") -eq 4 && $(grep -c "^$work/names.yaml:" "$work/names.log") -eq 4 ]] \
    && ! grep -qP '[\x00-\x09\x0b-\x1f\x7f]' "$work/names.log"
}

check "names that would forge a line are refused, each in one line" refuses_names
free_port
upstream_port=$chosen_port
free_port
collector_port=$chosen_port
start "$work/serve.log" node .ci/injection.mjs serve "$upstream_port" "$collector_port" "$work"
serving=$last_started
require "a hostile provider listens" wait_for_port "$serving" "$upstream_port"
seed=0
for format in json common combined; do
  seed=$((seed + 1))
  rm -f "$work/access.log" "$work/audit.log" "$work/otlp.base64" "$work/upstream.jsonl"
  configure "$format"
  require "the gateway listens ($format)" start_gateway "$work/edge.yaml"
  check "$format: $requests hostile requests" node .ci/injection.mjs attack "$gateway_port" "$seed" "$requests"
  check "$format: the end comes in time" stop "$gateway_id"
  check "$format: nothing is forged" node .ci/injection.mjs judge "$format" "$work" "$requests"
done
finish
