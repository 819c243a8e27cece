//go:build !unix

package wholefile

import "io/fs"

// umask is nothing where there is no such thing.
func umask() fs.FileMode { return 0 }

// protected is not known here: deleting shows it.
func protected(string) bool { return false }
