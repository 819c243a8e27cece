#!/bin/sh
# Makes the picture of the task graph in README: docs/graph.png. It needs chromium.
set -eu
cd "$(dirname "$0")/.."
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
	echo "picture: no chromium found" >&2
	exit 1
}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"${GO:-go}" run ./cmd/oc-release-x graph oci:examples/release -o html --to "$dir/graph.html"
mkdir -p docs
"$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=1.5 \
	--user-data-dir="$dir/profile" --window-size=1100,640 --screenshot="$dir/graph.png" "file://$dir/graph.html" >/dev/null 2>&1
mv "$dir/graph.png" docs/graph.png
echo "docs/graph.png"
