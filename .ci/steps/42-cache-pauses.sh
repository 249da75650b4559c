#!/usr/bin/env bash
# The garbage collector's pauses while 100,000 answers of a cache are in use, beside those of a cache that keeps next to none: the
# median is under 2 ms, or like that of the latter where the machine makes both longer; every answer is kept, and no request is
# lost. $EDGE is the binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null

exec timeout 300 bench/cache-pauses --edge "${EDGE:-$PWD/artifacts/edge/edge}" --answers 100000 --seconds 10
