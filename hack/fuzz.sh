#!/bin/sh
# Usage: FUZZTIME=10s hack/fuzz.sh
# Runs every fuzz test of this module for FUZZTIME each. Inputs that fail are written to the
# package's testdata/fuzz: commit them with the fix.
set -eu

go=${GO:-go}
fuzztime=${FUZZTIME:-10s}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# fuzz runs one test. At the end of its time the go command sometimes reports a worker that it
# stopped as a failure, without an input: that run is repeated.
fuzz() {
	for try in 1 2 3; do
		if "$go" test -run '^$' -fuzz "^$2\$" -fuzzminimizetime 1x -fuzztime "$fuzztime" "$1" >"$log" 2>&1; then
			tail -n 3 "$log"
			return 0
		fi
		grep -q 'context deadline exceeded' "$log" && ! grep -q 'Failing input written' "$log" || break
		echo "fuzz: $1 $2: stopped in the middle of an input, try $try"
	done
	cat "$log"
	return 1
}

failed=0
# test and bench are modules of their own.
for file in $(find . \( -path ./test -o -path ./bench \) -prune -o -name '*_test.go' -exec grep -l '^func Fuzz' {} + | sort); do
	package=$(dirname "$file")
	for name in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
		echo "fuzz: $package $name"
		fuzz "$package" "$name" || failed=1
	done
done
exit $failed
