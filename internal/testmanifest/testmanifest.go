// Package testmanifest makes manifests for tests of graphs.
package testmanifest

import (
	"fmt"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// Entries returns an included object for each file name, in this order: a batch/v1 Job if the name ends in job, else a
// ConfigMap. The objects are called object-1, object-2 and so on.
func Entries(files ...string) []manifest.Entry {
	entries := make([]manifest.Entry, len(files))
	for i, file := range files {
		object := &manifest.Object{Directory: manifest.ReleaseDirectory, File: file, Document: 1, Version: "v1", Kind: "ConfigMap", Name: fmt.Sprintf("object-%d", i+1)}
		object.Level, object.Component, _ = manifest.ParseFileName(file)
		if strings.HasSuffix(file, "job") {
			object.Group, object.Kind = "batch", "Job"
		}
		entries[i] = manifest.Entry{Object: object, State: manifest.Included, Loaded: true, Index: i + 1}
	}
	return entries
}
