#!/bin/sh
# Usage: hack/race.sh PACKAGE...
# Tests with the race detector. On most platforms it needs a C compiler; without one, the tests are skipped.
set -eu

go=${GO:-go}
cc=$("$go" env CC)
# CC may carry arguments.
if ! command -v "${cc%% *}" >/dev/null 2>&1; then
	echo "race: skipped, no C compiler ($cc)"
	exit 0
fi
if [ -z "$("$go" list "$@" 2>/dev/null)" ]; then
	echo "race: skipped, no package matches $*"
	exit 0
fi
# On a busy machine the race detector takes many times the usual ten minutes.
CGO_ENABLED=1 exec "$go" test -race -short -timeout 40m "$@"
