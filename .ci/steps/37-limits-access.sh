#!/usr/bin/env bash
# Limits of a fleet through a Redis that speaks TLS to a user with the least rights, one that refuses the password or the keys,
# and one that sentinels watch over. $EDGE is the binary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec < /dev/null
source .ci/lib.sh
source .ci/limits.sh

EDGE=${EDGE:-$PWD/artifacts/edge/edge}
install_missing redis-server:redis-server wrk:wrk curl:curl openssl:openssl

# The rule in docs/limits.md, to the letter.
least_rights() {
  sed -n 's/^ACL SETUSER edge \(.*\)$/\1/p' docs/limits.md | sed 's/>PASSWORD/>secret/'
}

certificate() {
  (
    cd "$work"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=test authority" \
      -keyout ca.key -out ca.pem
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=redis" -keyout redis.key -out redis.csr
    openssl x509 -req -in redis.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out redis.pem \
      -extfile <(echo "subjectAltName=IP:127.0.0.1")
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=another authority" \
      -keyout other.key -out other.pem
  ) > "$work/openssl.txt" 2>&1
}

tls_cli() {
  redis-cli -p "$redis_port" --tls --cacert "$work/ca.pem" "$@"
}

bucket_holds() {
  storm /bucket/bytes/16 4
  within $((1000 + 400 * 4 * 9 / 10)) $((1000 + 400 * took_ms / 1000))
}

all_closed() {
  [[ $(ask 0 /keys/bytes/16 closed) == 503 && $(ready_of 0) == "redis is away, and limits are closed 503" ]]
}

no_secret_in_logs() {
  ! grep -q "secret\|wrong-one" "$work"/gateway-*.log
}

require "edge mock listens" start_limits_mock
require "certificates are made" certificate
free_port
redis_port=$chosen_port
tls_redis() {
  mkdir -p "$work/redis-$redis_port"
  start "$work/redis-$redis_port.log" redis-server --port 0 --tls-port "$redis_port" --bind 127.0.0.1 --save "" \
    --appendonly no --dir "$work/redis-$redis_port" --tls-cert-file "$work/redis.pem" --tls-key-file "$work/redis.key" \
    --tls-ca-cert-file "$work/ca.pem" --tls-auth-clients no
  wait_for_port "$last_started" "$redis_port"
}
require "a redis that speaks TLS listens" tls_redis
gets_user() {
  # shellcheck disable=SC2046
  [[ $(tls_cli ACL SETUSER edge $(least_rights)) == OK && $(tls_cli ACL SETUSER default off) == OK ]]
}
require "it has a user with the least rights, and no other" gets_user

prefix=edge
redis_more="tls: true, ca: \"$work/ca.pem\", user: edge, password: secret, timeout: 500ms"
require "three gateways listen" start_fleet closed "\"127.0.0.1:$redis_port\""
check "TLS and a user with the least rights: keys have their limit" keys_hold
check "TLS and a user with the least rights: a bucket lets in what one would" bucket_holds
is_ready() { [[ $(ready_of 0) == "ok 200" ]]; }
check "it is ready" is_ready
stop_fleet

redis_more="tls: true, ca: \"$work/ca.pem\", user: edge, password: wrong-one"
require "three gateways listen that have a wrong password" start_fleet closed "\"127.0.0.1:$redis_port\""
check "a wrong password: refused and unready" all_closed
check "a wrong password: the log says so" until_true 20 log_says "it refuses the user or the password"
stop_fleet

redis_more="tls: true, ca: \"$work/other.pem\", user: edge, password: secret, timeout: 500ms"
require "three gateways listen that trust another authority" start_fleet closed "\"127.0.0.1:$redis_port\""
check "a certificate of another authority: refused and unready" all_closed
stop_fleet

redis_more="tls: true, ca: \"$work/ca.pem\", user: edge, password: secret, timeout: 500ms"
prefix=forbidden
require "three gateways listen whose keys the user may not touch" start_fleet closed "\"127.0.0.1:$redis_port\""
check "other keys than the user's: refused and unready" all_closed
check "other keys than the user's: the log says so" until_true 5 log_says "redis is away (.*permission"
stop_fleet
check "no password is in a log" no_secret_in_logs

unset redis_more
free_port
primary_port=$chosen_port
require "a primary listens" redis "$primary_port"
primary_id=$last_started
free_port
replica_port=$chosen_port
require "its replica listens" redis "$replica_port" --replicaof 127.0.0.1 "$primary_port"
sentinels=()
for i in 1 2 3; do
  free_port
  cat > "$work/sentinel-$i.conf" << CONF
port $chosen_port
bind 127.0.0.1
dir $work
sentinel monitor limits 127.0.0.1 $primary_port 2
sentinel down-after-milliseconds limits 1000
sentinel failover-timeout limits 3000
CONF
  start "$work/sentinel-$i.log" redis-server "$work/sentinel-$i.conf" --sentinel
  sentinels+=("127.0.0.1:$chosen_port")
  require "sentinel $i listens" wait_for_port "$last_started" "$chosen_port"
done
knows_all() {
  local counts
  counts=$(cli "${sentinels[0]#*:}" sentinel master limits | grep -A1 -E '^num-(slaves|other-sentinels)$' | grep -Ec '^[12]$')
  [[ $counts -eq 2 ]]
}
check "the sentinels know of each other and of the replica" until_true 20 knows_all
prefix=watched
redis_more="sentinelPrimary: limits, timeout: 500ms"
require "three gateways listen that ask sentinels" start_fleet closed \
  "\"${sentinels[0]}\", \"${sentinels[1]}\", \"${sentinels[2]}\""
check "sentinels: keys have their limit" keys_hold
kill -KILL "$primary_id"
is_away() { [[ $(ready_of 0) == "redis is away, and limits are closed 503" ]]; }
check "the primary is killed: unready" until_true 5 is_away
check "the replica takes over: ready again" until_true 30 is_ready
echo "  after $until_ms ms"
check "and keys are let in" recovers
check "what was spent before is spent on the new primary" keys_answer 429 20
stop_fleet

finish
