#!/bin/sh
# Usage: hack/licenses.sh GO-LICENSES
# Checks that the licences of all dependencies in the program allow shipping them with it.
set -eu

cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# On every operating system, because some dependencies are built for only one.
for system in linux darwin windows; do
	echo "licenses: $system"
	# It warns of every file in assembly; show that only when something is wrong.
	if ! GOOS=$system CGO_ENABLED=0 "$1" check ./cmd/oc-release-x \
		--ignore github.com/release-x/oc-release-x \
		--allowed_licenses=Apache-2.0,BSD-2-Clause,BSD-3-Clause,ISC,MIT,MPL-2.0,Unlicense >"$log" 2>&1; then
		cat "$log"
		exit 1
	fi
done
