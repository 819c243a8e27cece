#!/bin/sh
# Usage: FUZZTIME=10000x hack/fuzz.sh
# Runs every fuzz test of this module for FUZZTIME each. What a run finds is written to the
# package's testdata/fuzz: commit it with the correction.
set -eu

go=${GO:-go}
fuzztime=${FUZZTIME:-10000x}

failed=0
# test and bench are modules of their own.
for file in $(find . \( -path ./test -o -path ./bench \) -prune -o -name '*_test.go' -exec grep -l '^func Fuzz' {} + | sort); do
	package=$(dirname "$file")
	for name in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
		echo "fuzz: $package $name"
		"$go" test -run '^$' -fuzz "^$name\$" -fuzztime "$fuzztime" "$package" || failed=1
	done
done
exit $failed
