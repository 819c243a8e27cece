//go:build !unix

package blobstore

import "io/fs"

// checkWritable always succeeds: on this system the first write shows whether a directory can be written.
func checkWritable(string) error { return nil }

// checkOwner always succeeds: on this system a mode does not show who else may write.
func checkOwner(string, fs.FileInfo) error { return nil }
