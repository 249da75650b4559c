#!/usr/bin/env bash
# The public test suite of JSON Schema 2020-12, as Debian packages it, against the schemas of `validate`. It is unpacked, not
# installed: what it is packaged with is of no use here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null
source .ci/lib.sh

readonly package=libtest-json-schema-acceptance-perl
readonly tests=tests/Edge.Core.Tests/bin/Release/net10.0/Edge.Core.Tests

fetch() {
  local folder=$work/suite
  mkdir -p "$folder"
  (cd "$folder" && apt-get download -qq "$package" && dpkg -x "$package"_*.deb .) > "$log" 2>&1
}

suite_passes() {
  EDGE_JSON_SCHEMA_SUITE=$(find "$work/suite" -type d -path '*/tests/draft2020-12') \
    "$tests" -class '*SchemaSuiteTests' -noColor -showLiveOutput > "$log" 2>&1 || return 1
  grep -E 'judged right' "$log"
  grep -q 'Total: 1, Errors: 0, Failed: 0, Skipped: 0' "$log"
}

heading "JSON Schema test suite"
fetch || { apt_update && fetch; }
check "all of it is judged as it says" suite_passes
finish
