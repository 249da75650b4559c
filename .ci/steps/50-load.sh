#!/usr/bin/env bash
# Load in short: every answer of steady chat, from memory, of a failing provider, of reloads and of callers who ask for more than
# they may is checked. Nothing is asked of times: the generator may be as late as it likes here, only not leave anybody out. $EDGE
# is the binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null

exec timeout 300 load/run steady-chat hot-cache limit-storm upstream-failing reload --edge "${EDGE:-$PWD/artifacts/edge/edge}" \
  --rate 300 --duration 6s --warm-up 1s --late-max 1m
