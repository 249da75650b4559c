#!/usr/bin/env bash
# Edge beside nginx, in short: the table is printed and nothing is asked of the times in it. What must hold is that every request
# is answered. $EDGE is the binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null

exec timeout 300 bench/peers --edge "${EDGE:-$PWD/artifacts/edge/edge}" \
  --rounds 3 --seconds 2 --peers edge nginx --scenarios get-1k post-chat
