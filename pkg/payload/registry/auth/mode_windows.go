package auth

import "io/fs"

// readableByOthers is unknown here: the mode bits do not tell.
func readableByOthers(fs.FileMode) bool { return false }
