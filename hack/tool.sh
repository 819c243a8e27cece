#!/bin/sh
# Usage: [GO=go] hack/tool.sh DIR MODULE@VERSION PACKAGE...
# Builds programs of a module into DIR. `go install PACKAGE@VERSION` asks the module proxy for every directory above the
# package as if it were a module, which some proxies refuse; a module of our own that requires MODULE asks for it alone.
set -eu

go=${GO:-go}
dir=$1 module=$2
shift 2

mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
"$go" mod init tool >/dev/null 2>&1
"$go" get "$module"
CGO_ENABLED=0 GOFLAGS="${GOFLAGS:-} -mod=mod" GOBIN="$dir" "$go" install "$@"
