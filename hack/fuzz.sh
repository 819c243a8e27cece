#!/bin/sh
# Usage: FUZZTIME=5s hack/fuzz.sh [FOLDER...]
# Runs every fuzz test below the folders (all of this module) for FUZZTIME each. What a run finds
# is written to the package's testdata/fuzz: commit it with the correction.
set -eu

go=${GO:-go}
fuzztime=${FUZZTIME:-5s}
[ $# -gt 0 ] || set -- cmd internal krew pkg

failed=0
for file in $(find "$@" -name '*_test.go' -exec grep -l '^func Fuzz' {} + | sort); do
	package=./$(dirname "$file")
	for name in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
		echo "fuzz: $package $name"
		"$go" test -run '^$' -fuzz "^$name\$" -fuzztime "$fuzztime" "$package" || failed=1
	done
done
exit $failed
