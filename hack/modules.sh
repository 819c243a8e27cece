#!/bin/sh
# Usage: hack/modules.sh DIRECTORY...
# Vets and tests directories that are modules of their own, which `go test ./...` leaves out.
set -eu

go=${GO:-go}
failed=0
for dir in "$@"; do
	if [ ! -f "$dir/go.mod" ]; then
		echo "modules: skipped $dir, it has no go.mod"
		continue
	fi
	echo "modules: $dir"
	(cd "$dir" && "$go" vet ./... && "$go" test ./...) || failed=1
done
exit $failed
