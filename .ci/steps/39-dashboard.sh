#!/usr/bin/env bash
# The dashboard and the alerts of deploy/ against a real Prometheus, which scrapes a gateway that has something of everything to
# tell: every query is understood and has data, and those alerts fire that should. A second gateway tells of LLMs by the newest
# names, and the queries of those have data of it alone, too. $EDGE is the binary. With PICTURE=FILE the run lasts a minute and a
# half, and what the dashboard's panels had to show is drawn into FILE (docs/dashboard.svg).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null
source .ci/lib.sh
source .ci/gateway.sh

EDGE=${EDGE:-$PWD/artifacts/edge/edge}
export EDGE SMOKE_KEY=sk-smoke LC_ALL=C
install_missing curl:curl node:nodejs openssl:openssl prometheus:prometheus
readonly configuration=$work/edge.yaml

configure() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -days 2 \
    -keyout "$work/tls.key" -out "$work/tls.crt" 2> /dev/null
  printf 'models: { gpt-4o: { input: 2.5, output: 10 } }\nunknown: { input: 1, output: 1 }\n' > "$work/prices.yaml"
  free_port
  gateway_port=$chosen_port
  free_port
  tls_port=$chosen_port
  free_port
  admin_port=$chosen_port
  free_port
  dead_port=$chosen_port
  cat > "$configuration" << YAML
listeners:
  - address: 127.0.0.1:$gateway_port
  - address: 127.0.0.1:$tls_port
    tls: { certificate: tls.crt, key: tls.key }
admin: { address: 127.0.0.1:$admin_port, token: admin }
prices: prices.yaml
tiers: { free: { models: ["*"] } }
identity:
  consumers:
    app: { tier: free, apiKeys: [{ name: laptop, sha256: "$(printf app-key | sha256sum | cut -d ' ' -f 1)" }] }
upstreams:
  mock: { dialect: openai, targets: ["http://127.0.0.1:$mock_port"], credential: "\${SMOKE_KEY}" }
  dead:
    dialect: openai
    targets: ["http://127.0.0.1:$dead_port"]
    credential: none
    retries: { attempts: 2, on: [connect], backoff: { base: 10ms }, budget: 100% }
    breaker: { failures: 30, within: 1m, openFor: 1m, successes: 1 }
defaults:
  authenticate: { with: [consumers] }
  metering: { usageHeader: true }
  slo: { availability: 99%, firstToken: { within: 1s, share: 90% } }
routes:
  - name: chat
    match: { path: /v1/chat/completions, methods: [POST] }
    limits: [{ name: tokens, per: consumer, tokens: 10000000, window: 1m }]
    cache: { ttl: 5m, scope: consumer }
    upstream: mock
  - name: elsewhere
    match: { path: /elsewhere/* }
    stripPath: true
    upstream: dead
    fallback: [{ upstream: mock }]
  - name: nowhere
    match: { path: /nowhere/* }
    stripPath: true
    upstream: dead
  - name: few
    match: { path: /few/* }
    stripPath: true
    limits: [{ name: few, per: consumer, requests: 5, window: hour }, { name: money, per: tier, usd: 50, window: month }]
    upstream: mock
YAML
  free_port
  newest_port=$chosen_port
  free_port
  newest_admin_port=$chosen_port
  sed -e "/address: 127.0.0.1:$tls_port/,+1d" -e "s/127.0.0.1:$gateway_port/127.0.0.1:$newest_port/" \
    -e "s/127.0.0.1:$admin_port/127.0.0.1:$newest_admin_port/" "$configuration" > "$work/newest.yaml"
}

start_newest() {
  start "$work/newest.log" env OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental "$EDGE" run --config "$work/newest.yaml"
  wait_for_port "$last_started" "$newest_port"
}

# post PATH KEY MODEL STREAM TEXT
post() {
  curl --silent --noproxy '*' --max-time 5 --output "$work/answer" --header "Authorization: Bearer $2" \
    --header 'Content-Type: application/json' \
    --data "{\"model\":\"$3\",\"stream\":$4,\"max_tokens\":20,\"messages\":[{\"role\":\"user\",\"content\":\"$5\"}]}" \
    "http://127.0.0.1:${port:-$gateway_port}$1" || true
}

# Something of everything, at least twenty times and for six seconds, so that each counter grows between two scrapes.
traffic() {
  local seconds=7
  [[ -z ${PICTURE:-} ]] || seconds=90
  local least=$((SECONDS + seconds)) most=$((SECONDS + seconds + 53)) i=0
  while [[ $SECONDS -lt $most && ( $SECONDS -lt $least || $i -lt 20 ) ]]; do
    i=$((i + 1))
    post /v1/chat/completions app-key gpt-4o false "question $i"
    post /v1/chat/completions app-key gpt-4o false "question $i"
    post /v1/chat/completions app-key gpt-4o true "question $i"
    port=$newest_port post /v1/chat/completions app-key gpt-4o true "question $i"
    post /v1/chat/completions app-key mock-cut true "question $i"
    post /v1/chat/completions nobody gpt-4o false "question $i"
    post /elsewhere/v1/chat/completions app-key gpt-4o false "question $i"
    post /nowhere/v1/chat/completions app-key gpt-4o false "question $i"
    post /few/v1/chat/completions app-key gpt-4o false "question $i"
    sleep "0.$((i % 4))5"
  done
  echo "  $i rounds"
}

prometheus_listens() {
  free_port
  prometheus_port=$chosen_port
  cp deploy/prometheus/edge.rules.yaml "$work/"
  cat > "$work/prometheus.yaml" << YAML
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [edge.rules.yaml]
scrape_configs:
  - job_name: edge
    authorization: { credentials: admin }
    static_configs: [{ targets: ["127.0.0.1:$admin_port"] }]
  - job_name: newest
    authorization: { credentials: admin }
    static_configs: [{ targets: ["127.0.0.1:$newest_admin_port"] }]
YAML
  start "$work/prometheus.log" prometheus --config.file="$work/prometheus.yaml" --storage.tsdb.path="$work/tsdb" \
    --web.listen-address="127.0.0.1:$prometheus_port"
  wait_for_port "$last_started" "$prometheus_port"
}

tell_of_a_bad_file() {
  echo "listenrs: []" >> "$configuration"
  kill -HUP "$gateway_id"
}

check "the rules are well formed" promtool check rules deploy/prometheus/edge.rules.yaml
check "they fire when they should, and not before" promtool test rules deploy/prometheus/edge.rules.test.yaml
require "edge mock listens" start_mock
configure
require "the gateway listens" start_gateway "$configuration"
require "so does one with the newest names" start_newest
require "Prometheus listens" prometheus_listens
sleep 2
traffic
[[ -z ${PICTURE:-} ]] || check "the picture is drawn" node .ci/picture.mjs "http://127.0.0.1:$prometheus_port" 80 "$PICTURE"
tell_of_a_bad_file
add_closing_line node .ci/dashboard.mjs "http://127.0.0.1:$prometheus_port" \
  "EdgeBudgetUsed EdgeCertificateEnds EdgeCircuitOpen EdgeErrors EdgeLimitRefuses EdgeObjectiveBurns EdgeObjectiveBurnsFast \
EdgeReloadRefused EdgeStreamsBreak"
finish
