//go:build !unix

package cache

import "io/fs"

// checkWritable cannot tell: the first write shows it.
func checkWritable(string) error { return nil }

// checkOwner cannot tell who else may write where a mode does not say so; users' folders are their own there.
func checkOwner(string, fs.FileInfo) error { return nil }
