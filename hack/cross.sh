#!/bin/sh
# Usage: hack/cross.sh OS/ARCH...
# Compiles the module for other platforms and discards the results.
set -eu

go=${GO:-go}
failed=0
for platform in "$@"; do
	echo "cross: $platform"
	CGO_ENABLED=0 GOOS=${platform%/*} GOARCH=${platform#*/} "$go" build ./... || failed=1
done
exit $failed
