#!/bin/sh
# Usage: bench/peers.sh
# Installs the programs that the plugin is compared with: regctl, crane and gojq at these versions into bench/bin,
# skopeo and jq from Debian. oc is used where it is on the PATH; nothing installs it.
set -eu

go=${GO:-go}
regctl=github.com/regclient/regclient/cmd/regctl@v0.11.7
crane=github.com/google/go-containerregistry/cmd/crane@v0.22.1
# Not v0.12.20, the library in ../go.mod: its program needs a version of go-yaml that the module proxy does not serve.
gojq=github.com/itchyny/gojq/cmd/gojq@v0.12.19

bin=$(cd "$(dirname "$0")" && pwd)/bin
mkdir -p "$bin"
failed=0

for tool in "$regctl" "$crane" "$gojq"; do
	echo "peers: go install $tool"
	CGO_ENABLED=0 GOBIN="$bin" "$go" install -trimpath -ldflags "-s -w" "$tool" || failed=1
done

missing=
for tool in skopeo jq; do
	command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
done
if [ -n "$missing" ]; then
	if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
		echo "peers: apt-get install$missing"
		# shellcheck disable=SC2086 # a list of words
		{ apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } </dev/null >/dev/null || failed=1
	else
		echo "peers: not root, or not Debian: install$missing yourself, such as with: sudo apt-get install$missing"
	fi
fi

if ! command -v oc >/dev/null 2>&1; then
	echo "peers: oc is not on the PATH: the rows about it stay empty. It comes from https://mirror.openshift.com/pub/openshift-v4/clients/ocp/"
fi
exit $failed
