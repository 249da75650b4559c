#!/usr/bin/env bash
# WebSockets through the published binary: TLS from the caller (Node's client) and TLS to the upstream, which is a second gateway
# before the mock provider. Drain, idle time, floods of connections from one address. $EDGE is the binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null
source .ci/lib.sh
source .ci/gateway.sh
source .ci/node.sh

EDGE=${EDGE:-$PWD/artifacts/edge/edge}
install_missing curl:curl openssl:openssl
require "there is a Node with a WebSocket client" choose_node 20
client=("$node" --experimental-websocket --no-warnings tests/upgrades/run.mjs)

make_certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -addext "subjectAltName=IP:127.0.0.1" -keyout "$work/tls.key" -out "$work/tls.crt" 2> "$work/openssl.txt"
}
require "there is a certificate" make_certificate
export NODE_EXTRA_CA_CERTS=$work/tls.crt

for name in mock behind front admin; do
  free_port
  declare "${name}_port=$chosen_port"
done

cat > "$work/behind.yaml" << YAML
listeners: [{ address: 127.0.0.1:$behind_port, tls: { certificate: $work/tls.crt, key: $work/tls.key } }]
upstreams: { mock: { targets: ["http://127.0.0.1:$mock_port"] } }
routes: [{ name: all, upstream: mock, upgrade: {} }]
YAML
cat > "$work/edge.yaml" << YAML
listeners:
  - address: 127.0.0.1:$front_port
    tls: { certificate: $work/tls.crt, key: $work/tls.key }
    connectionsPerAddress: 40
admin: { address: 127.0.0.1:$admin_port }
drainTimeout: 6s
telemetry: { accessLog: { to: $work/access.jsonl } }
identity:
  consumers:
    app: { apiKeys: [{ name: main, sha256: "$(printf %s the-key | sha256sum | cut -d' ' -f1)" }] }
upstreams: { behind: { targets: ["https://127.0.0.1:$behind_port"], tls: { ca: $work/tls.crt } } }
defaults:
  authenticate: { with: [consumers], from: ["protocol:openai-insecure-api-key."] }
routes:
  - name: realtime
    match: { path: /v1/realtime }
    upstream: behind
    upgrade: {}
    limits: [{ name: at-once, per: consumer, concurrent: 30 }]
  - { name: short, match: { path: /ws }, upstream: behind, upgrade: { idle: 1s } }
YAML

start "$work/mock.log" "$EDGE" mock --port "$mock_port"
require "the mock listens" wait_for_port "$last_started" "$mock_port"
start "$work/behind.log" "$EDGE" run --config "$work/behind.yaml"
behind_id=$last_started
require "the gateway behind listens" wait_for_port "$behind_id" "$behind_port"
start "$work/front.log" "$EDGE" run --config "$work/edge.yaml"
front_id=$last_started
require "the gateway in front listens" wait_for_port "$front_id" "$front_port"

# await_line PATTERN FILE: a line comes, if not at once: logs are written beside what they tell of.
await_line() {
  local end=$((SECONDS + 15))
  until grep -Eq "$1" "$2"; do
    [[ $SECONDS -lt $end ]] || return 1
    sleep 0.05
  done
}

heading "wss to the gateway, wss to the upstream"
arguments=(the-key openai-insecure-api-key. realtime)
add_closing_line timeout 60 "${client[@]}" echo "wss://127.0.0.1:$front_port/v1/realtime" "${arguments[@]}"
check "the access log tells of the upgrade" \
  await_line '"status":101,.*"upgrade":"websocket","upgradeEnd":"(caller|upstream)","bytesIn":1[0-9]{6}' "$work/access.jsonl"
check "the key is in no log" bash -c "! grep -q the-key '$work'/*.log '$work/access.jsonl'"

heading "idle time"
timeout 20 "${client[@]}" wait "wss://127.0.0.1:$front_port/ws" "${arguments[@]}" > "$work/idle.txt" || true
check "without a byte for a second it is ended" grep -q '^closed 1006$' "$work/idle.txt"
check "the access log says why" await_line '"upgradeEnd":"idle"' "$work/access.jsonl"

heading "connections from one address"
held=()
for _ in $(seq 60); do
  exec {descriptor}<> "/dev/tcp/127.0.0.1/$front_port"
  held+=("$descriptor")
done
await_metric() {
  local end=$((SECONDS + 10))
  until curl --silent --noproxy '*' --max-time 5 "http://127.0.0.1:$admin_port/metrics" | grep -Eq "$1"; do
    [[ $SECONDS -lt $end ]] || return 1
    sleep 0.2
  done
}
check "those that are too many are refused and counted" \
  await_metric 'edge_connections_refused_total\{.*edge_cause="address"\} 20$'
check "health is answered meanwhile" \
  curl --silent --fail --noproxy '*' --max-time 5 --output /dev/null "http://127.0.0.1:$admin_port/healthz"
for descriptor in "${held[@]}"; do
  exec {descriptor}>&-
done
check "and they go when their owner does" await_metric 'edge_connections\{.*\} 0$'

heading "drain"
: > "$work/many.txt"
timeout 40 "${client[@]}" many "wss://127.0.0.1:$front_port/v1/realtime" "${arguments[@]}" 20 > "$work/many.txt" 2>&1 &
many_id=$!
started+=("$many_id")
require "twenty are open" await_line '^open$' "$work/many.txt"
check "the metrics count them" await_metric 'edge_upgrade_connections 20'
check "SIGTERM ends the gateway with 0" stop "$front_id"
wait "$many_id" || true
forget "$many_id"
add_closing_line cat "$work/many.txt"
check "the log tells of them" grep -q '20 of them upgraded connections' "$work/front.log"
check "and that all ended in time" grep -q 'edge: drained' "$work/front.log"
check "the access log has an end by drain for each" \
  bash -c "[[ \$(grep -c '\"upgradeEnd\":\"drain\"' '$work/access.jsonl') -eq 20 ]]"
check "SIGTERM ends the gateway behind with 0" stop "$behind_id"
finish
