# Sourced by steps that need the gateway before the mock provider: the published binary at $EDGE, in front of itself.
# shellcheck shell=bash

# start_mock [PORT]: a mock provider that wants the key $SMOKE_KEY. Sets $mock_port and $mock_id.
start_mock() {
  if [[ -n ${1:-} ]]; then
    mock_port=$1
  else
    free_port
    mock_port=$chosen_port
  fi
  start "$work/mock.log" "$EDGE" mock --port "$mock_port" --key "$SMOKE_KEY"
  mock_id=$last_started
  wait_for_port "$mock_id" "$mock_port"
}

# write_configuration FILE: chooses $gateway_port and $admin_port. The credential comes from $SMOKE_KEY.
write_configuration() {
  free_port
  gateway_port=$chosen_port
  free_port
  admin_port=$chosen_port
  cat > "$1" << YAML
listeners:
  - address: 127.0.0.1:$gateway_port
admin: { address: 127.0.0.1:$admin_port }
upstreams:
  openai: { dialect: openai, targets: ["http://127.0.0.1:$mock_port"], credential: "\${SMOKE_KEY}" }
  claude: { dialect: anthropic, targets: ["http://127.0.0.1:$mock_port"], credential: "\${SMOKE_KEY}" }
routes:
  - name: messages
    match: { path: "/v1/messages/*" }
    upstream: claude
  - name: openai
    match: { path: "/v1/*" }
    upstream: openai
YAML
}

# start_gateway FILE: sets $gateway_id.
start_gateway() {
  start "$work/gateway.log" "$EDGE" run --config "$1"
  gateway_id=$last_started
  wait_for_port "$gateway_id" "$gateway_port"
}
