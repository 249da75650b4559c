#!/usr/bin/env bash
# What a request allocates, and what each engine on its way does, held to the budgets of bench/allocations.json.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null
source .ci/lib.sh

add_closing_line dotnet run --project bench/Edge.Allocations -c Release
add_closing_line dotnet run --project bench/Edge.Benchmarks -c Release -- --gate bench/allocations.json
finish
