#!/usr/bin/env bash
# The official SDKs back off as the published binary tells them: requests are counted at the gateway. $EDGE is the binary.
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
free_port
gateway_port=$chosen_port
free_port
admin_port=$chosen_port

# route SDK NAME UPSTREAM LIMIT: a route below /SDK/NAME.
route() {
  echo "  - { name: $1-$2, match: { path: \"/$1/$2/*\" }, stripPath: true, upstream: $3, limits: [$4] }"
}

{
  cat << YAML
listeners: [{ address: 127.0.0.1:$gateway_port }]
admin: { address: 127.0.0.1:$admin_port, token: token }
prices: $work/prices.yaml
overload: { concurrentMin: 1, concurrentMax: 1, queueMax: 0 }
upstreams:
  openai: { dialect: openai, targets: ["http://127.0.0.1:$mock_port"], credential: "\${SMOKE_KEY}" }
  anthropic: { dialect: anthropic, targets: ["http://127.0.0.1:$mock_port"], credential: "\${SMOKE_KEY}" }
routes:
YAML
  for sdk in openai anthropic; do
    route "$sdk" rate "$sdk" '{ name: rate, per: global, requests: 1, window: 3s }'
    route "$sdk" quota "$sdk" '{ name: quota, per: global, requests: 1, window: month }'
    route "$sdk" budget "$sdk" '{ name: budget, per: global, usd: 0.01, window: month }'
    route "$sdk" large "$sdk" '{ name: large, per: global, tokens: 500, window: 1m }'
    echo "  - name: $sdk-overload"
    echo "    match: { path: \"/$sdk/overload/*\" }"
    echo "    stripPath: true"
    echo "    upstream: $sdk"
    echo "    request: { headers: { set: { x-mock-head-delay: \"300\" } } }"
  done
} > "$work/edge.yaml"
echo 'models: { mock: { input: 100, output: 100 } }' > "$work/prices.yaml"
require "edge run listens" start_gateway "$work/edge.yaml"
add_closing_line "$node" tests/sdk/backoff.mjs \
  --gateway "http://127.0.0.1:$gateway_port" --admin "http://127.0.0.1:$admin_port" --token token
check "SIGTERM ends the gateway with 0" stop "$gateway_id"
finish
