# Sourced by .ci/run and by the scripts in .ci/steps: counting checks, processes that are stopped by their id, free ports.
# $work is a folder for the script's files, removed at its end.
# shellcheck shell=bash

passed=0
failed=0
failures=()
started=()
work=$(mktemp -d)
log=$work/log

# Stops what was started here and is still running, by its id, whichever way the script ends.
stop_started() {
  local id
  for id in "${started[@]}"; do
    kill -KILL "$id" 2> /dev/null || true
    # Waiting in silence keeps the shell from announcing the death.
    wait "$id" 2> /dev/null || true
  done
  rm -rf "$work"
}
trap stop_started EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

heading() {
  printf '\n== %s (after %s s)\n' "$1" "$SECONDS"
}

pass() {
  passed=$((passed + 1))
  echo "ok   $1"
}

fail() {
  failed=$((failed + 1))
  failures+=("$1")
  echo "FAIL $1"
}

# check NAME COMMAND...: counts whether the command succeeds.
check() {
  local name=$1
  shift
  if "$@"; then
    pass "$name"
  else
    fail "$name"
  fi
}

# require NAME COMMAND...: as check, but the script ends there if it fails, since nothing after it could work.
require() {
  local before=$failed
  check "$@"
  if [[ $failed -ne $before ]]; then
    finish
  fi
}

# What the processes wrote that were started here.
show_logs() {
  local file
  for file in "$work"/*.log; do
    if [[ -f $file ]]; then
      printf '%s\n' "-- ${file##*/}"
      tail -40 "$file"
    fi
  done
}

# Prints the closing line and ends the script; if a check failed, after the logs, and after the names of those that did: what
# is kept of a long run is often its end alone.
finish() {
  if [[ $failed -ne 0 ]]; then
    show_logs
    printf '\nfailed:\n'
    printf '  %s\n' "${failures[@]}"
  fi
  printf '\n%s passed, %s failed\n' "$passed" "$failed"
  [[ $failed -eq 0 ]] && exit 0
  exit 1
}

# logged COMMAND...: shows what it prints and keeps it in the file $log. Answers its exit code.
logged() {
  "$@" 2>&1 | tee "$log"
}

# add_failures PREFIX PATTERN: takes note of the lines in the file $log that tell of a failure.
add_failures() {
  local line
  while IFS= read -r line; do
    failures+=("$1$line")
  done < <(grep -E "$2" "$log" || true)
}

# add_closing_line COMMAND...: runs it and adds up its closing line "N passed, N failed". Without one, or with a bad exit code and
# no failure counted, there is one failure more. It has 15 minutes, three times what the longest takes.
add_closing_line() {
  local code=0 line counted_passed=0 counted_failed=0
  logged timeout --kill-after 10s 15m "$@" || code=$?
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -1 || true)
  if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    counted_passed=${BASH_REMATCH[1]}
    counted_failed=${BASH_REMATCH[2]}
  fi
  passed=$((passed + counted_passed))
  failed=$((failed + counted_failed))
  add_failures "$1: " '^FAIL |^[a-z-]+: (failed|void)'
  if [[ -z $line || ( $code -ne 0 && $counted_failed -eq 0 ) ]]; then
    fail "$1: exit code $code, closing line \"$line\""
  fi
}

runtime_id() {
  case $(uname -m) in
    x86_64) echo linux-x64 ;;
    aarch64 | arm64) echo linux-arm64 ;;
    *) uname -m ;;
  esac
}

# as_root COMMAND...
as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    "$@"
  else
    sudo -n "$@"
  fi
}

apt_update() {
  as_root apt-get update -qq
  apt_updated=1
}

apt_install() {
  if [[ -z ${apt_updated:-} ]]; then
    apt_update
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" > /dev/null
}

# install_missing COMMAND:PACKAGE...: installs the packages whose command is not there.
install_missing() {
  local pair missing=()
  for pair in "$@"; do
    if ! command -v "${pair%%:*}" > /dev/null; then
      missing+=("${pair#*:}")
    fi
  done
  if [[ ${#missing[@]} -gt 0 ]]; then
    echo "installing ${missing[*]}"
    apt_install "${missing[@]}"
  fi
}

# install_missing_package PACKAGE...: for packages without a command.
install_missing_package() {
  local package
  for package in "$@"; do
    if ! dpkg-query -W -f '${Status}' "$package" 2> /dev/null | grep -q '^install ok installed$'; then
      echo "installing $package"
      apt_install "$package"
    fi
  done
}

# start LOGFILE COMMAND...: starts it in the background; its id is in $last_started.
start() {
  local log_file=$1
  shift
  "$@" > "$log_file" 2>&1 &
  last_started=$!
  started+=("$last_started")
}

# forget ID: it has been waited for, so its id may be somebody else's by now.
forget() {
  local id kept=()
  for id in "${started[@]}"; do
    if [[ $id != "$1" ]]; then
      kept+=("$id")
    fi
  done
  started=("${kept[@]}")
}

# stop ID: asks it to end by SIGTERM and answers its exit code; after 20 seconds it is killed, which answers 137.
stop() {
  local id=$1 code=0 end=$((SECONDS + 20))
  kill -TERM "$id" 2> /dev/null || true
  while kill -0 "$id" 2> /dev/null; do
    if [[ $SECONDS -ge $end ]]; then
      kill -KILL "$id" 2> /dev/null || true
      break
    fi
    sleep 0.02
  done
  wait "$id" || code=$?
  forget "$id"
  return "$code"
}

# True when something listens on the port.
listens() {
  { exec 9<> "/dev/tcp/127.0.0.1/$1"; } 2> /dev/null && exec 9>&-
}

# A port on which nothing listens, below those that the system gives to outgoing connections.
free_port() {
  local port
  while true; do
    port=$((20000 + RANDOM % 12000))
    if [[ " ${given_ports:-} " != *" $port "* ]] && ! listens "$port"; then
      given_ports="${given_ports:-} $port"
      chosen_port=$port
      return
    fi
  done
}

# wait_for_port ID PORT: until the process listens; fails when it ends before, or after 10 seconds.
wait_for_port() {
  local id=$1 port=$2 end=$((SECONDS + 10))
  until listens "$port"; do
    if ! kill -0 "$id" 2> /dev/null || [[ $SECONDS -ge $end ]]; then
      return 1
    fi
    sleep 0.02
  done
}
