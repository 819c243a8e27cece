package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testdisk"
	"github.com/release-x/oc-release-x/internal/testrelease"
)

// damaged lists the blobs of a cache, by the names that only complete blobs have, that have other bytes.
func damaged(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Base(filepath.Dir(name)) != "sha256" || strings.Contains(entry.Name(), ".") {
			return err
		}
		data, err := os.ReadFile(name)
		if digest.FromBytes(data).Encoded() != entry.Name() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// A disk that is full, or fills up during the copy, has room for nothing that the copy needs: blobs are read while they are
// written. Without a cache the disk is that of temporary files.
func TestMirrorWithAFullDisk(t *testing.T) {
	s := newCopySource(t)
	const cached, temporary = "nothing more is written to the cache DISK/cache/oc-release-x: ", "nothing more is written to the cache DISK/oc-release-x-"
	for name, test := range map[string]struct {
		options string
		full    bool // before the copy
		flags   []string
		note    string // how it begins, without the prefix
	}{
		"cache, full before":                       {"size=64k", true, nil, cached},
		"cache, full during the copy":              {"size=1m", false, nil, cached},
		"cache, no room for a directory":           {"size=1m,nr_inodes=1", false, nil, "the cache is not used: mkdir DISK/cache: "},
		"cache, no room for all directories":       {"size=1m,nr_inodes=10", false, nil, cached},
		"temporary files, full before":             {"size=64k", true, []string{"--no-cache"}, temporary},
		"temporary files, full during the copy":    {"size=1m", false, []string{"--no-cache"}, temporary},
		"temporary files, no room for a directory": {"size=1m,nr_inodes=1", false, []string{"--no-cache"}, "blobs are not kept while they are copied: mkdir DISK/oc-release-x-"},
		"temporary files, no room for their blobs": {"size=1m,nr_inodes=10", false, []string{"--no-cache"}, temporary},
	} {
		t.Run(name, func(t *testing.T) {
			disk, target := testdisk.Mount(t, test.options+",mode=0700"), testrelease.Registry(t)
			if test.full {
				testdisk.Fill(t, disk)
			}
			for _, result := range []string{"25 copied, 0 were there\n  Blobs:       75 copied", "0 copied, 25 were there\n  Blobs:       0 copied (0), 0 were there (0)\n"} {
				command := s.mirror(t, disk, target, append(test.flags, "-v=1")...)
				var out, errOut bytes.Buffer
				command.Stdout, command.Stderr = &out, &errOut
				err := command.Run()
				if err != nil || !strings.Contains(out.String(), "  Manifests:   "+result) {
					t.Fatalf("%v\n%s%s", err, &out, &errOut)
				}
				complete(t, target, s.images)
				if names := damaged(t, disk); len(names) > 0 {
					t.Errorf("files of complete blobs that are damaged: %q", names)
				}
				if result[0] == '0' {
					continue // what it reads may have room
				}
				lines := strings.Split(strings.TrimSuffix(strings.ReplaceAll(errOut.String(), disk, "DISK"), "\n"), "\n")
				if len(lines) != 1 || !strings.HasPrefix(lines[0], "Note: "+test.note) || !strings.Contains(lines[0], "no space left on device") {
					t.Errorf("stderr %q, want a note that begins with %q", lines, test.note)
				}
			}
			if left, err := filepath.Glob(filepath.Join(disk, "oc-release-x-*")); err != nil || len(left) > 0 {
				t.Errorf("temporary files are left: %q, %v", left, err)
			}
		})
	}
}
