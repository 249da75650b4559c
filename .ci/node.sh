# Sourced by steps that run JavaScript against the published binary.
# shellcheck shell=bash

readonly node_version=22.23.3
readonly node_folder=artifacts/node

# choose_node MAJOR: sets $node to a Node of at least that version. Where the system's is older (Debian 12 has 18), one comes from
# the package registry, which has the bare binary as a package for each kind of machine; it is kept for the next run. It is not
# put into the path: Debian's npm runs with Debian's Node only.
choose_node() {
  node=node
  if [[ $(node --version) =~ ^v([0-9]+) && ${BASH_REMATCH[1]} -ge $1 ]]; then
    return
  fi
  echo "  the system's node $(node --version) is older than $1: taking $node_version from the registry"
  local package
  package=node-$(runtime_id)
  npm install --prefix "$node_folder" --no-save --no-audit --no-fund --loglevel=error "$package@$node_version"
  node=$node_folder/node_modules/$package/bin/node
  [[ $("$node" --version) == "v$node_version" ]]
}
