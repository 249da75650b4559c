#!/usr/bin/env bash
# The published binary as its users start it: commands, a plain and a streamed answer through the gateway, the time to the first
# answer, memory when idle, an orderly end. $EDGE is the binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null
source .ci/lib.sh
source .ci/gateway.sh

readonly resident_kb_max=39062 # 40 MB
readonly starts=15

EDGE=${EDGE:-$PWD/artifacts/edge/edge}
export EDGE SMOKE_KEY=sk-smoke LC_ALL=C
readonly configuration=$work/edge.yaml

# A command that ends by itself, or is ended.
edge() {
  timeout 20 "$EDGE" "$@"
}

request() {
  curl --silent --show-error --noproxy '*' --max-time 20 "$@"
}

prints() {
  local wanted=$1
  shift
  "$@" > "$work/out" 2>&1 && grep -Eq -- "$wanted" "$work/out"
}

refuses_a_misspelt_key() {
  local code=0 line
  { cat "$configuration"; echo "listenrs: []"; } > "$work/bad.yaml"
  line=$(wc -l < "$work/bad.yaml")
  edge check --config "$work/bad.yaml" > "$work/out" 2>&1 || code=$?
  [[ $code -eq 1 ]] && grep -q "bad.yaml:$line:1: .*'listenrs'.*'listeners'" "$work/out"
}

chat() {
  request -H 'Content-Type: application/json' "$@" "http://127.0.0.1:$gateway_port/v1/chat/completions"
}

says_that_it_has_no_rings() {
  request -H 'Authorization: Bearer smoke' "http://127.0.0.1:$admin_port/state" > "$work/out" \
    && grep -Eq '"ioUring": ?false' "$work/out"
}

answers_a_chat() {
  chat "$@" -o "$work/out" -w '%{http_code}' \
    -d '{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hi"}]}' > "$work/code"
  [[ $(< "$work/code") == 200 ]] && grep -q '"choices"' "$work/out"
}

printed_token() {
  grep -Eo 'eyJ[A-Za-z0-9_-]+[.][A-Za-z0-9_-]+[.][A-Za-z0-9_-]+' "$work/demo.log" | head -1
}

refuses_without_a_credential() {
  [[ $(chat -o "$work/out" -w '%{http_code}' -d '{}') == 401 ]] && grep -q '"code":"credential_missing"' "$work/out"
}

streams_a_chat() {
  chat -N -o "$work/out" -d '{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"hi"}]}'
  [[ $(grep -c '^data: ' "$work/out") -ge 3 ]] && grep -q '^data: \[DONE\]' "$work/out"
}

answers_a_message() {
  request -o "$work/out" -w '%{http_code}' -H 'Content-Type: application/json' -H 'anthropic-version: 2023-06-01' \
    -d '{"model":"claude-3-5-haiku-latest","max_tokens":32,"messages":[{"role":"user","content":"hi"}]}' \
    "http://127.0.0.1:$gateway_port/v1/messages" > "$work/code"
  [[ $(< "$work/code") == 200 ]] && grep -q '"role" *: *"assistant"' "$work/out"
}

# The mock wants the configured key, and the caller brings another one.
replaces_the_credential() {
  local direct through
  direct=$(request -o "$work/out" -w '%{http_code}' -H 'Authorization: Bearer mine' "http://127.0.0.1:$mock_port/v1/models")
  through=$(request -o "$work/out" -w '%{http_code}' -H 'Authorization: Bearer mine' "http://127.0.0.1:$gateway_port/v1/models")
  [[ $direct == 401 && $through == 200 ]]
}

helps_with_every_command() {
  local command
  for command in run demo check schema key token mock health; do
    prints "edge $command" edge "$command" --help || return 1
  done
}

refuses_an_unknown_path() {
  [[ $(request -o "$work/out" -w '%{http_code}' "http://127.0.0.1:$gateway_port/nowhere") == 404 ]]
}

says_that_it_has_gone() {
  local code=0
  edge health --url "http://127.0.0.1:$admin_port/healthz" > "$work/out" 2>&1 || code=$?
  [[ $code -eq 1 ]] && ! grep -q Unhandled "$work/out"
}

is_small_when_idle() {
  local resident
  resident=$(awk '/^VmRSS:/ { print $2 }' "/proc/$gateway_id/status")
  echo "  $resident kB resident"
  [[ $resident -lt $resident_kb_max ]]
}

# The thread comes with the first collection beside the program.
collects_beside_the_program() {
  grep -qx '.NET BGC' "/proc/$gateway_id/task"/*/comm
}

# Starts the gateway and asks until a request has gone through to the mock and back; sets $first_answer_us and the processor
# time that it took. The shell opens the connections itself, so that no program's start is in the figure but the gateway's.
measure_first_answer() {
  local begun=${EPOCHREALTIME/./} line=""
  start "$work/gateway.log" "$EDGE" run --config "$configuration"
  gateway_id=$last_started
  until [[ $line == "HTTP/1.1 200"* ]]; do
    if { exec 8<> "/dev/tcp/127.0.0.1/$gateway_port"; } 2> /dev/null; then
      printf 'GET /v1/models HTTP/1.1\r\nHost: smoke\r\nConnection: close\r\n\r\n' >&8
      read -r -t 5 line <&8 || true
      exec 8>&-
    fi
    if (( ${EPOCHREALTIME/./} - begun > 5000000 )); then
      return 1
    fi
  done
  first_answer_us=$((${EPOCHREALTIME/./} - begun))
  first_answer_cpu_us=$(awk '{ ns += $1 } END { printf "%d", ns / 1000 }' "/proc/$gateway_id/task"/*/schedstat)
}

# Several starts, each of which must end in an answer. Their times are shown and not judged: a busy machine, or a slow one, says
# nothing about the program.
each_start_ends_in_an_answer() {
  local times=() cpu_times=() sorted sorted_cpu
  while (( ${#times[@]} < starts )); do
    measure_first_answer || return 1
    times+=("$first_answer_us")
    cpu_times+=("$first_answer_cpu_us")
    stop "$gateway_id" || return 1
  done
  mapfile -t sorted < <(printf '%s\n' "${times[@]}" | sort -n)
  mapfile -t sorted_cpu < <(printf '%s\n' "${cpu_times[@]}" | sort -n)
  echo "  first answer after ${sorted[0]} us (median ${sorted[starts / 2]}), least processor time ${sorted_cpu[0]} us"
}

check "edge --version tells the version and the commit" prints '^(edge )?[0-9]+\.[0-9]+\.[0-9]+.*[0-9a-f]{7}' edge --version
check "every command has --help" helps_with_every_command
check "edge schema prints a JSON Schema" prints '"\$schema"' edge schema
require "edge mock listens" start_mock
write_configuration "$configuration"
check "edge check accepts a good file" prints 'ok' edge check --config "$configuration"
check "edge check names line, column and the nearest key of a misspelt one" refuses_a_misspelt_key
require "edge run listens" start_gateway "$configuration"
check "edge health says that it is well" edge health --url "http://127.0.0.1:$admin_port/healthz"
check "a chat is answered" answers_a_chat
check "a chat is streamed" streams_a_chat
check "an Anthropic message is answered" answers_a_message
check "the provider's credential replaces the caller's" replaces_the_credential
check "an unknown path is a 404" refuses_an_unknown_path
check "it is smaller than $resident_kb_max kB when idle" is_small_when_idle
check "full collections run beside the program" collects_beside_the_program
check "SIGTERM ends it with 0" stop "$gateway_id"
check "edge health says that it has gone" says_that_it_has_gone
check "each of $starts starts ends in an answer" each_start_ends_in_an_answer
sed "s/^admin: .*/admin: { address: 127.0.0.1:$admin_port, token: smoke }/" "$configuration" > "$work/plain.yaml"
export EDGE_IO_URING=0
require "edge run listens without io_uring" start_gateway "$work/plain.yaml"
unset EDGE_IO_URING
check "and says so" says_that_it_has_no_rings
check "a chat is answered without it" answers_a_chat
check "a chat is streamed without it" streams_a_chat
check "SIGTERM ends that too" stop "$gateway_id"
check "SIGTERM ends the mock with 0" stop "$mock_id"

free_port
start "$work/demo.log" "$EDGE" demo --port "$chosen_port"
gateway_id=$last_started
gateway_port=$chosen_port
check "edge demo listens" wait_for_port "$gateway_id" "$gateway_port"
check "the demo answers a chat with its API key" answers_a_chat -H 'Authorization: Bearer demo-key'
check "the demo answers a chat with the token that it prints" answers_a_chat -H "Authorization: Bearer $(printed_token)"
check "the demo answers nobody without" refuses_without_a_credential
check "SIGTERM ends the demo with 0" stop "$gateway_id"

finish
