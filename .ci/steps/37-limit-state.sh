#!/usr/bin/env bash
# The published binary is killed (SIGKILL) again and again while callers use up a quota, and at last ended by SIGTERM: what was
# used longer ago than the interval stays used, and SIGTERM forgives nothing. $EDGE is the binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null
source .ci/lib.sh
source .ci/gateway.sh

EDGE=${EDGE:-$PWD/artifacts/edge/edge}
export SMOKE_KEY=sk-smoke
install_missing curl:curl
require "edge mock listens" start_mock
free_port
gateway_port=$chosen_port
free_port
admin_port=$chosen_port
cat > "$work/edge.yaml" << YAML
listeners: [{ address: 127.0.0.1:$gateway_port }]
admin: { address: 127.0.0.1:$admin_port, token: token }
limitState: { file: limits.state, every: 20ms }
upstreams: { it: { targets: ["http://127.0.0.1:$mock_port"] } }
routes: [{ name: all, upstream: it, limits: [{ name: quota, per: global, requests: 1000000, window: month }] }]
YAML

# call TIMES: prints what is left of the quota after the last.
call() {
  local urls=() i
  for ((i = 0; i < $1; i++)); do
    urls+=("http://127.0.0.1:$gateway_port/bytes/1")
  done
  curl -sS -o /dev/null -D - "${urls[@]}" | tr -d '\r' | sed -n 's/^x-ratelimit-remaining: //ip' | tail -1
}

state() { curl -sS -H 'Authorization: Bearer token' "http://127.0.0.1:$admin_port/state"; }

# written: true once two looks, more than an interval apart, find the same number of writings. Ten seconds at most.
written() {
  local before='' now i
  for ((i = 0; i < 100; i++)); do
    now=$(state | grep -o '"written":[0-9]*,"failures"' | tail -1)
    if [[ $now == "$before" && $now != '"written":0,"failures"' ]]; then
      return 0
    fi
    before=$now
    sleep 0.1
  done
  return 1
}

left=1000000
for round in 1 2 3 4 5; do
  require "edge run listens, round $round" start_gateway "$work/edge.yaml"
  left=$((left - 50))
  now=$(call 50)
  check "50 of the quota are used, of what the last round left ($now)" test "$now" = "$left"
  check "the count is written" written
  kill -KILL "$gateway_id"
  wait "$gateway_id" 2> /dev/null || true
  forget "$gateway_id"
done

# Killed in the middle of it: nothing is damaged, and never more is left than before.
for round in 1 2 3 4 5; do
  require "edge run listens, killed under load, round $round" start_gateway "$work/edge.yaml"
  (call 2000 > /dev/null 2>&1 || true) &
  caller=$!
  sleep "0.$round"
  kill -KILL "$gateway_id"
  wait "$gateway_id" 2> /dev/null || true
  forget "$gateway_id"
  wait "$caller" || true
  check "the file is whole" bash -c "! grep -q 'is damaged' '$work/gateway.log'"
done

require "edge run listens" start_gateway "$work/edge.yaml"
now=$(call 1)
check "nothing came back ($now of $left)" test "$now" -lt "$left"
left=$((now - 10))
call 10 > /dev/null
check "SIGTERM ends the gateway with 0" stop "$gateway_id"
require "edge run listens after SIGTERM" start_gateway "$work/edge.yaml"
check "SIGTERM forgave nothing" test "$(call 1)" = "$((left - 1))"
check "SIGTERM ends the gateway with 0" stop "$gateway_id"
finish
