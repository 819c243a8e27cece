#!/bin/sh
# Usage: [GO=go] [PREFIX=DIR] [DESTDIR=DIR] hack/install.sh BINARY
#        [GO=go] [PREFIX=DIR] [DESTDIR=DIR] hack/install.sh --uninstall
# Installs one binary under the two names that oc and kubectl look for, and the scripts that they call for completion; or
# removes these files. Without PREFIX and DESTDIR they go where `go install` puts programs.
set -eu

cd "$(dirname "$0")/.."
go=${GO:-go}

# DESTDIR is the root of a package that is being built: the programs go to PREFIX below it.
if [ -n "${PREFIX:-}" ] || [ -n "${DESTDIR:-}" ]; then
	dir=${DESTDIR:-}${PREFIX:-/usr/local}/bin
else
	dir=$("$go" env GOBIN)
	if [ -z "$dir" ]; then
		path=$("$go" env GOPATH)
		dir=${path%%:*}/bin
	fi
fi

scripts="kubectl_complete-release_x oc_complete-release_x"

if [ "$1" = --uninstall ]; then
	for name in oc-release_x kubectl-release_x $scripts; do
		rm -f "$dir/$name"
	done
	echo "removed the plugin from $dir"
	exit
fi

# place FILE NAME copies a file with a rename: overwriting a running program would fail or break it.
place() {
	cp "$1" "$dir/.$2.$$"
	chmod 0755 "$dir/.$2.$$"
	mv -f "$dir/.$2.$$" "$dir/$2"
}

mkdir -p "$dir"
place "$1" oc-release_x
ln -sf oc-release_x "$dir/kubectl-release_x"
for name in $scripts; do
	place "completion/$name" "$name"
done

echo "installed $dir/oc-release_x and $dir/kubectl-release_x"
[ -z "${DESTDIR:-}" ] || exit 0
case ":$PATH:" in
*":$dir:"*) ;;
*) echo "$dir is not in PATH: oc and kubectl find the plugin once it is" ;;
esac
