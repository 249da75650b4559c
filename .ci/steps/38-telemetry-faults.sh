#!/usr/bin/env bash
# What the gateway tells of itself, told to those who do not listen: collectors that answer with errors, garbage or nothing, a
# disk that is full, a reader of the log that stops, and callers who would write into it. Each time every request is answered,
# what is lost is counted, nothing is forged, and the end comes in time. $EDGE is the binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null
source .ci/lib.sh
source .ci/gateway.sh

EDGE=${EDGE:-$PWD/artifacts/edge/edge}
export EDGE SMOKE_KEY=sk-smoke LC_ALL=C OTEL_METRIC_EXPORT_INTERVAL=100
install_missing curl:curl node:nodejs
readonly requests=200

# configure TO: the access log goes there, and everything to a collector.
configure() {
  free_port
  gateway_port=$chosen_port
  free_port
  admin_port=$chosen_port
  cat > "$work/edge.yaml" << YAML
listeners: [{ address: 127.0.0.1:$gateway_port }]
admin: { address: 127.0.0.1:$admin_port }
telemetry:
  otlp: { endpoint: "http://127.0.0.1:$collector_port", logs: [access, program] }
  traces: { sample: 1 }
  accessLog: { to: "$1", stages: debug }
upstreams: { openai: { dialect: openai, targets: ["http://127.0.0.1:$mock_port"], credential: "\${SMOKE_KEY}" } }
routes: [{ name: openai, requestId: {}, metering: {}, upstream: openai }]
YAML
}

figure() {
  curl --silent --noproxy '*' --max-time 5 "http://127.0.0.1:$admin_port/metrics" | sed -n "s/^$1 \([0-9]*\).*/\1/p"
}

# eventually NAME LEAST: the metric gets there within five seconds.
eventually() {
  local end=$((SECONDS + 5)) value
  while [[ $SECONDS -lt $end ]]; do
    value=$(figure "$1")
    [[ -n $value && $value -ge $2 ]] && return 0
    sleep 0.1
  done
  echo "$1 is ${value:-not there}, not $2"
  return 1
}

# What is left to send to a collector and what is left of a log have 5 seconds each, one after the other.
ends_in_time() {
  local begun
  begun=$(date +%s%N)
  stop "$gateway_id" && [[ $(date +%s%N) -lt $((begun + 11000000000)) ]]
}

all_answered() {
  local count=0 i
  for ((i = 0; i < 10; i++)); do
    batch "$i"
    count=$((count + batch_count))
  done
  [[ $count -eq $requests ]] || { echo "$count of $requests answered"; return 1; }
}

# Nobody is behind: each request is answered all the same, and the program says so each time.
all_refused() {
  local i
  for ((i = 0; i < 40; i++)); do
    batch "$i"
    [[ $(grep -c '^502$' "$work/codes" || true) -eq $((requests / 10)) ]] || { sort "$work/codes" | uniq -c; return 1; }
  done
}

# A batch over one connection, with headers that would forge a line; sets $batch_count to how many were answered.
batch() {
  local urls=() i
  for ((i = 0; i < requests / 10; i++)); do
    urls+=("http://127.0.0.1:$gateway_port/v1/models?key=secret-$1-$i")
  done
  curl --silent --noproxy '*' --max-time 30 --output /dev/null --write-out '\n%{http_code}\n' \
    --header 'User-Agent: a","status":999,"x":"\' --header 'traceparent: 00-zz-00-01' \
    --header 'X-Request-Id: "}{"forged":1' "${urls[@]}" 2> /dev/null > "$work/codes" || true
  batch_count=$(grep -c '^200$' "$work/codes" || true)
}

lines_are_whole() {
  node -e '
    const lines = require("fs").readFileSync(process.argv[1], "utf8").split("\n").filter(line => line.length > 0);
    const bad = lines.map(line => JSON.parse(line)).filter(j => j.status !== 200 || j.forged || j.path !== "/v1/models");
    if (lines.length !== Number(process.argv[2]) || bad.length > 0 || lines.join().includes("secret")) {
      console.log(lines.length, "lines,", bad.length, "bad", bad[0]); process.exit(1);
    }' "$work/access.log" "$requests"
}

free_port
collector_port=$chosen_port
require "edge mock listens" start_mock
for mode in 500 429 garbage silent frozen; do
  start "$work/collector.log" node .ci/collector.mjs "$collector_port" "$mode"
  collector_id=$last_started
  require "a collector listens ($mode)" wait_for_port "$collector_id" "$collector_port"
  rm -f "$work/access.log"
  configure "$work/access.log"
  require "the gateway listens" start_gateway "$work/edge.yaml"
  check "$mode: every request is answered" all_answered
  if [[ $mode != frozen ]]; then
    check "$mode: failures are counted" eventually 'edge_otlp_exports_total{edge_signal="metrics",edge_outcome="failed"}' 2
    check "$mode: spans that are lost are counted" eventually edge_spans_dropped_total 200
    check "$mode: lines that are lost are counted" eventually 'edge_log_dropped_total{edge_log="otlp"}' 200
  fi
  check "$mode: the end comes in time" ends_in_time
  check "$mode: the log has a whole line of each request, and nobody's but its own" lines_are_whole
  kill -KILL "$collector_id"
  wait "$collector_id" 2> /dev/null || true
  forget "$collector_id"
done

configure /dev/full
require "the gateway listens with a disk that is full" start_gateway "$work/edge.yaml"
check "a full disk: every request is answered" all_answered
check "a full disk: lines that are lost are counted" eventually 'edge_log_dropped_total{edge_log="access"}' "$requests"
check "a full disk: the end comes in time" ends_in_time

# Standard output is a pipe that somebody holds open and never reads.
mkfifo "$work/pipe"
exec 8<> "$work/pipe"
configure stdout
"$EDGE" run --config "$work/edge.yaml" > "$work/pipe" 2> "$work/gateway.log" 8>&- &
gateway_id=$!
started+=("$gateway_id")
require "the gateway listens with a log that nobody reads" wait_for_port "$gateway_id" "$gateway_port"
for round in 1 2 3 4 5 6 7 8; do
  check "a reader that stops: every request is answered (round $round)" all_answered
done
check "a reader that stops: the end comes in time" ends_in_time
check "a reader that stops: the program says so" grep -q 'nobody takes what it writes' "$work/gateway.log"

# The program's own log is what nobody reads.
configure /dev/null
sed -i "s#http://127.0.0.1:$mock_port#http://127.0.0.1:1#" "$work/edge.yaml"
"$EDGE" run --config "$work/edge.yaml" 2> "$work/pipe" 8>&- &
gateway_id=$!
started+=("$gateway_id")
require "the gateway listens with a program log that nobody reads" wait_for_port "$gateway_id" "$gateway_port"
check "a program log that nobody reads: every request is answered" all_refused
check "a program log that nobody reads: the end comes in time" ends_in_time
exec 8>&-
finish
