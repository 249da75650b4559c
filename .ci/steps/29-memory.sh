#!/usr/bin/env bash
# The published binary in a control group of 150 MiB, in which the kernel ends whoever uses more: floods of large bodies, one
# after the other and all at once, are turned away with 503, nothing fails otherwise, and soon requests are let in again. Where
# no control group can be made, the same limits are told to the runtime and in the file. $EDGE is the binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null
source .ci/lib.sh
source .ci/gateway.sh
source .ci/node.sh

EDGE=${EDGE:-$PWD/artifacts/edge/edge}
readonly limit=$((150 * 1024 * 1024))
require "there is a Node" choose_node 18
for name in mock gateway admin; do
  free_port
  declare "${name}_port=$chosen_port"
done

# make_group ROOT FILE: a group with the limit, in $group.
make_group() {
  group=$1/edge-ci-$$
  mkdir "$group" 2> /dev/null || { group=""; return 1; }
  [[ -w $group/$2 ]] && echo "$limit" > "$group/$2" || { rmdir "$group"; group=""; return 1; }
}

remove_group() {
  stop_started
  [[ -z $group ]] || rmdir "$group" || true
}
trap remove_group EXIT

own_limit=""
if make_group /sys/fs/cgroup/memory memory.limit_in_bytes || make_group /sys/fs/cgroup memory.max; then
  echo "in the control group $group"
else
  echo "no control group can be made here: the file and the runtime are told the limit, and the kernel does not watch"
  own_limit="memory: { limit: 150MiB }"
  export DOTNET_GCHeapHardLimit=7080000
fi

cat > "$work/edge.yaml" << YAML
listeners: [{ address: 127.0.0.1:$gateway_port }]
admin: { address: 127.0.0.1:$admin_port }
$own_limit
upstreams: { mock: { dialect: openai, targets: ["http://127.0.0.1:$mock_port"] } }
routes: [{ name: chat, upstream: mock, rewrite: [{ default: { user: somebody } }] }]
YAML

# in_group COMMAND...
in_group() {
  [[ -z $group ]] || echo "$BASHPID" > "$group/cgroup.procs"
  exec "$@"
}

start "$work/mock.log" env -u DOTNET_GCHeapHardLimit "$EDGE" mock --port "$mock_port"
require "the mock listens" wait_for_port "$last_started" "$mock_port"
start "$work/gateway.log" in_group "$EDGE" run --config "$work/edge.yaml"
gateway_id=$last_started
require "edge run listens" wait_for_port "$gateway_id" "$gateway_port"
add_closing_line timeout 200 "$node" tests/overload/memory.mjs "http://127.0.0.1:$gateway_port" "http://127.0.0.1:$admin_port"
if [[ -n $group ]]; then
  echo "at most $(($(cat "$group/memory.max_usage_in_bytes" "$group/memory.peak" 2> /dev/null | head -1) >> 20)) MiB were used"
fi
check "SIGTERM ends the gateway with 0" stop "$gateway_id"
check "nothing failed for want of memory" bash -c "! grep -q 'edge_internal_error\|OutOfMemory' '$work/gateway.log'"
finish
