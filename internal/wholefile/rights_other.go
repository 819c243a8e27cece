//go:build !unix

package wholefile

import (
	"io/fs"
	"os"
)

// protected is always false: on this system deleting shows it.
func protected(string) bool { return false }

// planted is always false: on this system only administrators make links.
func planted(_, _ fs.FileInfo) bool { return false }

// own is always true: this system has no such owners.
func own(fs.FileInfo) bool { return true }

// keepOwner leaves the owner to the system.
func keepOwner(*os.File, fs.FileInfo) {}
