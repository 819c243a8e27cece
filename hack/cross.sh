#!/bin/sh
# Usage: hack/cross.sh OS/ARCH...
# Compiles the whole module for other platforms; nothing is kept.
set -eu

go=${GO:-go}
failed=0
for platform in "$@"; do
	echo "cross: $platform"
	CGO_ENABLED=0 GOOS=${platform%/*} GOARCH=${platform#*/} "$go" build ./... || failed=1
done
exit $failed
