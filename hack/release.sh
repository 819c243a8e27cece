#!/bin/sh
# Usage: [GO=go] hack/release.sh GORELEASER [FLAG...]
# Builds a release into dist with goreleaser, and the manifest for krew with it. The flags are goreleaser's, such as
# --snapshot. Steps whose tool is missing are skipped: the lists of contents without syft, the signature without cosign
# or without an identity to sign with, which only a workflow has.
set -eu

cd "$(dirname "$0")/.."
go=${GO:-go}
goreleaser=$1
shift

skip=
command -v syft >/dev/null 2>&1 || skip=$skip,sbom
command -v cosign >/dev/null 2>&1 && [ -n "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ] || skip=$skip,sign

# goreleaser treats a repository without a remote as one without commits: its builds would differ each time.
if ! git remote get-url origin >/dev/null 2>&1; then
	export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=remote.origin.url GIT_CONFIG_VALUE_0=https://github.com/release-x/oc-release-x
fi

[ -z "$skip" ] || echo "release: skipping ${skip#,}"
"$goreleaser" release --clean ${skip:+"--skip=${skip#,}"} "$@"
"$go" run ./krew
