# Sourced by bench/peers, bench/compare, bench/growth, bench/failures and bench/cache-pauses, from the repository's folder:
# building, what they measure with, and running the program that measures.
# shellcheck shell=bash
source .ci/lib.sh

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_UI_LANGUAGE=en DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
# A build server that stays behind would be a process that nobody stops, and would be measured with the rest.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false
export MSBUILDTERMINALLOGGER=off
# Debian starts what it installs; here every program is started by the run itself.
export RUNLEVEL=1

readonly programs=$PWD/artifacts/peers
readonly configs=$PWD/bench/Edge.Peers/configs

# build DOTNET-ARGUMENTS...: in silence, unless it fails.
build() {
  if ! dotnet "$@" -v quiet > "$log" 2>&1; then
    tail -40 "$log"
    return 1
  fi
}

# publish_edge FOLDER OUTPUT: the native binary of the sources in a folder.
publish_edge() {
  build publish "$1/src/Edge" -c Release -r "$(runtime_id)" -o "$2"
}

# from_calling_folder FILE: where it is, seen from here. $calling_folder is where the command was given.
from_calling_folder() {
  if [[ $1 == /* ]]; then echo "$1"; else echo "$calling_folder/$1"; fi
}

# take_arguments ARGUMENTS...: --edge FILE goes to $edge, --json FILE is made whole, the rest stays as it is, in $arguments.
take_arguments() {
  arguments=()
  edge=""
  show_help=""
  while [[ $# -gt 0 ]]; do
    case $1 in
      --edge)
        edge=$(from_calling_folder "${2:?$1 needs a file}")
        shift
        ;;
      --json | --markdown)
        arguments+=("$1" "$(from_calling_folder "${2:?$1 needs a file}")")
        shift
        ;;
      --help | -h | '-?')
        show_help=1
        arguments+=("$1")
        ;;
      *) arguments+=("$1") ;;
    esac
    shift
  done
}

# measure ARGUMENTS...: runs the program that measures. In the background, so that a signal to the script is handed on and the
# program can end what it started.
measure() {
  local code=0
  "$programs/measure/Edge.Peers" "$@" &
  local measuring=$!
  # shellcheck disable=SC2064
  trap "kill -TERM $measuring; wait $measuring || true; exit 143" TERM INT
  wait "$measuring" || code=$?
  trap 'exit 143' TERM INT
  return "$code"
}
