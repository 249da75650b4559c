#!/usr/bin/env bash
# Everything that reads what anybody may send, on inputs that are changed at random, for a few seconds each: bodies, schemas,
# answers, tokens, targets, header fields, the configuration file. In process and from a fixed seed, since AFL and libFuzzer need
# tools that are not packaged; the same entry points run under them (CONTRIBUTING.md).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null
source .ci/lib.sh

readonly seconds=3
readonly seed=1

heading "Fuzzing, $seconds s for each entry point, seed $seed"
add_closing_line dotnet tests/Edge.Fuzz/bin/Release/net10.0/Edge.Fuzz.dll run "$seconds" "$seed"
finish
