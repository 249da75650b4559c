#!/usr/bin/env bash
# The published binary before an upstream whose certificate is exchanged while it is asked: by another one of the same authority,
# which nobody notices; by one of another authority and by one that has expired, which is told and not served; and by a right one
# again, after which all is well. The upstream is a second gateway, which takes certificates as they change. $EDGE is the binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null
source .ci/lib.sh
source .ci/gateway.sh

EDGE=${EDGE:-$PWD/artifacts/edge/edge}
install_missing curl:curl openssl:openssl
for name in mock behind gateway admin; do
  free_port
  declare "${name}_port=$chosen_port"
done

make_authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
    -keyout "$work/$1.key" -out "$work/$1.crt" 2> "$work/openssl.txt"
}

# make_certificate NAME AUTHORITY DAYS
make_certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$work/$1.key" -out "$work/$1.csr" \
    2> "$work/openssl.txt"
  openssl x509 -req -in "$work/$1.csr" -CA "$work/$2.crt" -CAkey "$work/$2.key" -CAcreateserial -days "$3" \
    -extfile <(echo "subjectAltName=IP:127.0.0.1") -out "$work/$1.crt" 2> "$work/openssl.txt"
}

make_all() {
  make_authority ours && make_authority other && make_certificate first ours 2 && make_certificate second ours 2 \
    && make_certificate foreign other 2 && make_certificate expired ours -1
}
require "there are certificates" make_all

# exchange NAME: and waits until the upstream shows it: it looks at its files every two seconds.
exchange() {
  local end=$((SECONDS + 15)) wanted
  cp "$work/$1.key" "$work/tls.key"
  cp "$work/$1.crt" "$work/tls.crt"
  wanted=$(openssl x509 -in "$work/$1.crt" -noout -fingerprint)
  until [[ $(openssl s_client -connect "127.0.0.1:$behind_port" 2> "$work/openssl.txt" \
    | openssl x509 -noout -fingerprint 2> "$work/openssl.txt") == "$wanted" ]]; do
    [[ $SECONDS -lt $end ]] || return 1
    sleep 0.1
  done
}

cp "$work/first.key" "$work/tls.key"
cp "$work/first.crt" "$work/tls.crt"
cat > "$work/behind.yaml" << YAML
listeners: [{ address: 127.0.0.1:$behind_port, tls: { certificate: $work/tls.crt, key: $work/tls.key } }]
upstreams: { mock: { targets: ["http://127.0.0.1:$mock_port"] } }
routes: [{ name: all, upstream: mock }]
YAML
cat > "$work/edge.yaml" << YAML
listeners: [{ address: 127.0.0.1:$gateway_port }]
admin: { address: 127.0.0.1:$admin_port }
upstreams:
  behind: { targets: ["https://127.0.0.1:$behind_port"], tls: { ca: $work/ours.crt }, connectionLifetime: 500ms }
routes: [{ name: all, upstream: behind }]
YAML

start "$work/mock.log" "$EDGE" mock --port "$mock_port"
require "the mock listens" wait_for_port "$last_started" "$mock_port"
start "$work/behind.log" "$EDGE" run --config "$work/behind.yaml"
behind_id=$last_started
require "the upstream listens" wait_for_port "$behind_id" "$behind_port"
require "edge run listens" start_gateway "$work/edge.yaml"

# What is asked all the time, and the status of each answer.
ask_on() {
  while true; do
    curl --silent --noproxy '*' --max-time 10 --output /dev/null --write-out '%{http_code}\n' \
      "http://127.0.0.1:$gateway_port/bytes/1000" || true
    sleep 0.02
  done
}
start "$work/statuses" ask_on
asking_id=$last_started

# only STATUS: of 20 answers from now on, and none other.
only() {
  local from end=$((SECONDS + 30)) seen
  from=$(wc -l < "$work/statuses")
  until [[ $(($(wc -l < "$work/statuses") - from)) -ge 20 ]]; do
    [[ $SECONDS -lt $end ]] || return 1
    sleep 0.05
  done
  seen=$(tail -n "+$((from + 1))" "$work/statuses" | sort | uniq -c | tr '\n' ' ')
  echo "  $seen"
  [[ $seen =~ ^\ *[0-9]+\ $1\ *$ ]]
}

# comes STATUS: an answer has it, if not the next: what was begun before a certificate changed goes by the one before.
comes() {
  local end=$((SECONDS + 15))
  until [[ $(tail -1 "$work/statuses") == "$1" ]]; do
    [[ $SECONDS -lt $end ]] || return 1
    sleep 0.05
  done
}

# told PATTERN: in the answer's body, asked now.
told() {
  curl --silent --noproxy '*' --max-time 10 "http://127.0.0.1:$gateway_port/bytes/1000" > "$work/told.txt"
  head -c 300 "$work/told.txt" | sed 's/^/  /'
  echo
  grep -q "$1" "$work/told.txt"
}

check "requests are answered" only 200
check "another certificate of the same authority comes" exchange second
check "and goes unnoticed" only 200
check "from the beginning" bash -c "! grep -qv 200 '$work/statuses'"
for name in foreign expired; do
  check "a certificate comes that is $name" exchange "$name"
  sleep 1 # Connections that were made before it live for half a second.
  check "it is refused" comes 502
  check "nothing is served over it" only 502
  check "and why is told" told upstream_certificate_error
  check "a right one comes again" exchange first
  check "it is taken" comes 200
  check "and requests are answered again" only 200
done
kill "$asking_id"
wait "$asking_id" 2> /dev/null || true
forget "$asking_id"
check "SIGTERM ends the gateway with 0" stop "$gateway_id"
check "and the upstream" stop "$behind_id"
finish
