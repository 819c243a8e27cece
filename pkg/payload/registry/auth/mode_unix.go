//go:build !windows

package auth

import "io/fs"

// readableByOthers reports whether users other than the owner and the group can read a file.
func readableByOthers(mode fs.FileMode) bool { return mode.Perm()&0o004 != 0 }
