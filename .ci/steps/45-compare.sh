#!/usr/bin/env bash
# What this commit did to the cost of a request, in short: it and the one before it, by turns on the same work. The table is
# printed, and goes to the workflow's summary where there is one; nothing is asked of the times in it. $EDGE is the binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null
source .ci/lib.sh

readonly nothing_to_compare_with=2
readonly name="the cost of a request beside the commit before"

if ! before=$(git rev-parse --verify --quiet 'HEAD~1^{commit}'); then
  echo "there is no commit before this one: nothing to compare with"
  pass "$name"
  finish
fi

summary=()
if [[ -n ${GITHUB_STEP_SUMMARY:-} ]]; then
  summary=(--markdown "$GITHUB_STEP_SUMMARY")
fi

code=0
logged timeout 900 bench/compare "$before" --edge "${EDGE:-$PWD/artifacts/edge/edge}" --rounds 8 "${summary[@]}" || code=$?
if [[ $code -eq 0 || $code -eq $nothing_to_compare_with ]]; then
  pass "$name"
else
  fail "$name: exit code $code"
fi

finish
