#!/bin/sh
# Usage: hack/krew-check.sh VALIDATE-KREW-MANIFEST FILE...
# Checks manifests by krew's rules; files that do not exist are skipped. krew wants a file called by the plugin's name,
# so each is copied first.
set -eu

check=$1
shift
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for file in "$@"; do
	[ -e "$file" ] || continue
	name=$(sed -n 's/^  name: //p' "$file")
	cp "$file" "$scratch/$name.yaml"
	echo "krew-check: $file"
	"$check" -manifest "$scratch/$name.yaml" -skip-install
done
