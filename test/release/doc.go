// Package release builds releases as they are shipped, for this machine's platform, and installs them: the archive,
// the package, and the plugin by krew. `make test-release` runs it, because it needs goreleaser and krew.
package release
