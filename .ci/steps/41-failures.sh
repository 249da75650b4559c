#!/usr/bin/env bash
# 5,000 requests a second, while one of two upstreams is killed with requests in its hands, and while the file is read again: none
# is lost. Times are printed and not judged. $EDGE is the binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null

exec timeout 300 bench/failures --edge "${EDGE:-$PWD/artifacts/edge/edge}" --times 1
