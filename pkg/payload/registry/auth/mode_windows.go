package auth

import "io/fs"

// readableByOthers is always false: on Windows, the mode does not show who can read a file.
func readableByOthers(fs.FileMode) bool { return false }
