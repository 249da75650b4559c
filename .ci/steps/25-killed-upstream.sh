#!/usr/bin/env bash
# An upstream that is killed in mid-stream: the caller gets the dialect's error event and a body that is visibly broken off, the
# gateway stays well, and serves again as soon as the upstream is back. $EDGE is the binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null
source .ci/lib.sh
source .ci/gateway.sh

EDGE=${EDGE:-$PWD/artifacts/edge/edge}
export EDGE SMOKE_KEY=sk-smoke
readonly partial_file=18 # curl's exit code for a body that ends before its end

request() {
  curl --silent --show-error --noproxy '*' --max-time 30 -H 'Content-Type: application/json' "$@"
}

chat() {
  request -d "{\"model\":\"$1\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}" "${@:2}" \
    "http://127.0.0.1:$gateway_port/v1/chat/completions"
}

message() {
  request -d "{\"model\":\"$1\",\"stream\":true,\"max_tokens\":9000,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}" \
    "${@:2}" "http://127.0.0.1:$gateway_port/v1/messages"
}

# begin_stream FUNCTION: a stream that would go on for minutes, in the background; its id is in $stream_id.
begin_stream() {
  "$1" "mock;gap=20;tokens=8000" --no-buffer -o "$work/$1.txt" 2> "$work/$1.err" &
  stream_id=$!
  started+=("$stream_id")
}

# runs FILE: true once some events have come.
runs() {
  local end=$((SECONDS + 10))
  until [[ $(grep -c '^data: ' "$1" 2> /dev/null) -ge 5 ]]; do
    if [[ $SECONDS -ge $end ]]; then
      return 1
    fi
    sleep 0.02
  done
}

# is_broken ID: the caller itself saw that the body has no end.
is_broken() {
  local code=0
  wait "$1" || code=$?
  forget "$1"
  echo "  curl ended with $code"
  [[ $code -eq $partial_file ]]
}

# ends_with PATTERN FILE: in the last event, and no event of a good end anywhere.
ends_with() {
  tail -3 "$2" | sed 's/^/  /' | cut -c 1-200
  tail -3 "$2" | grep -Eq -- "$1" && ! grep -Eq '^data: \[DONE\]|message_stop' "$2"
}

is_well() {
  timeout 20 "$EDGE" health --url "http://127.0.0.1:$admin_port/healthz" > "$work/out" 2>&1
}

answers() {
  "$@" -o "$work/out" -w '%{http_code}' > "$work/code" && [[ $(< "$work/code") == 200 ]]
}

# Without an upstream: 502 or 503, in the dialect's words, and within the time of a request.
refuses() {
  local status
  status=$(chat mock -o "$work/out" -w '%{http_code}') || return 1
  echo "  status $status: $(head -c 200 "$work/out")"
  [[ $status == 50[23] ]] && grep -q '"error"' "$work/out"
}

require "edge mock listens" start_mock
write_configuration "$work/edge.yaml"
require "edge run listens" start_gateway "$work/edge.yaml"
begin_stream chat
chat_id=$stream_id
begin_stream message
message_id=$stream_id
require "an OpenAI stream runs" runs "$work/chat.txt"
require "an Anthropic stream runs" runs "$work/message.txt"

kill -KILL "$mock_id"
wait "$mock_id" 2> /dev/null || true
forget "$mock_id"
check "the OpenAI caller sees that the body is broken off" is_broken "$chat_id"
check "the Anthropic caller sees that the body is broken off" is_broken "$message_id"
check "the OpenAI stream ends with an error event" ends_with '^data: \{"error":' "$work/chat.txt"
check "the Anthropic stream ends with an error event" ends_with '^event: error|^data: .*"type": ?"error"' "$work/message.txt"
check "the gateway is well" is_well
check "a request meanwhile is refused in the dialect's words" refuses

require "the mock listens again on its port" start_mock "$mock_port"
check "a chat is streamed again" answers chat mock
check "its stream is whole" grep -q '^data: \[DONE\]' "$work/out"
check "a message is streamed again" answers message mock
check "its stream is whole too" grep -q message_stop "$work/out"
check "SIGTERM ends the gateway with 0" stop "$gateway_id"

finish
