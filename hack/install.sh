#!/bin/sh
# Usage: hack/install.sh BINARY
# Installs one binary under the two names by which oc and kubectl find it: they look for the
# command's name with every hyphen written as an underscore.
set -eu

binary=$1
go=${GO:-go}

dir=$("$go" env GOBIN)
if [ -z "$dir" ]; then
	path=$("$go" env GOPATH)
	dir=${path%%:*}/bin
fi

mkdir -p "$dir"
# By rename: a copy over a program that is running would fail or break it.
cp "$binary" "$dir/.oc-release_x.$$"
chmod 0755 "$dir/.oc-release_x.$$"
mv -f "$dir/.oc-release_x.$$" "$dir/oc-release_x"
ln -sf oc-release_x "$dir/kubectl-release_x"

echo "installed $dir/oc-release_x and $dir/kubectl-release_x"
case ":$PATH:" in
*":$dir:"*) ;;
*) echo "$dir is not in PATH: oc and kubectl find the plugin once it is" ;;
esac
