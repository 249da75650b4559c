#!/usr/bin/env bash
# Chaos on the published binary: providers are killed, frozen, slowed and cut at any byte, a name leads elsewhere, the certificate
# is changed and the file every second, while callers ask; every answer is whole and right or visibly failed, and settled once.
# The seed decides what happens when: CHAOS_SEED repeats it, CHAOS_DURATION=10m and CHAOS_TIMEOUT=700 make it longer. $EDGE is the
# binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null

seed=${CHAOS_SEED:-$RANDOM}
echo "CHAOS_SEED=$seed"
exec timeout "${CHAOS_TIMEOUT:-300}" load/run chaos --edge "${EDGE:-$PWD/artifacts/edge/edge}" --seed "$seed" \
  --rate "${CHAOS_RATE:-60}" --duration "${CHAOS_DURATION:-45s}" --warm-up 1s --late-max 1m
