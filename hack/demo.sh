#!/bin/sh
# Usage: hack/demo.sh GO
# Shows verify on the demo release: unchanged, with one byte changed, and with a key that did not sign it.
set -eu

changed=$(mktemp -d)
trap 'rm -rf "$changed"' EXIT INT TERM
cp -R examples/release "$changed/release"
largest=$(ls -S "$changed"/release/blobs/sha256/* | head -n 1)
chmod u+w "$largest"
printf '\377' | dd of="$largest" bs=1 seek=1000 conv=notrunc 2>/dev/null

show() {
	echo "\$ oc release-x verify $*"
	"$program" verify "$@" || echo "(exit code $?)"
	echo
}
program=$changed/oc-release-x
"$@" build -o "$program" ./cmd/oc-release-x
show oci:examples/release --keyring examples/keys/release.asc --signature examples/signatures --offline
show "oci:$changed/release" --keyring examples/keys/release.asc --signature examples/signatures --offline
show oci:examples/release --keyring examples/keys/foreign.asc --signature examples/signatures --offline
