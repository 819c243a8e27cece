package main

import (
	"archive/tar"
	"bytes"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
)

// pull is a process that copies the release to a layout, with a home that keeps its cache.
func (s *copySource) pull(t *testing.T, home, to string, flags ...string) *exec.Cmd {
	t.Helper()
	return at(home, program(t, "oc-release_x", append([]string{"pull", "--insecure", s.release, "--to", to}, flags...)...))
}

// archived lists the sizes of the blobs of a tar file that may have been interrupted, by digest.
func archived(t *testing.T, file string) map[string]int64 {
	t.Helper()
	sizes := map[string]int64{}
	data, err := os.ReadFile(file)
	if err != nil {
		return sizes
	}
	for r := tar.NewReader(bytes.NewReader(data)); ; {
		header, err := r.Next()
		if err != nil {
			return sizes
		}
		content, err := io.ReadAll(r)
		name, isBlob := strings.CutPrefix(header.Name, "blobs/sha256/")
		if err != nil || isBlob && digest.FromBytes(content).Encoded() != name {
			t.Errorf("%s is damaged: %v", header.Name, err)
		}
		sizes["sha256:"+name] = header.Size
	}
}

// An archive gets its name when it is complete. After a kill the next process continues, and fetches no blob again that the
// archive or the cache has.
func TestPullToAnArchiveContinuesAfterKills(t *testing.T) {
	s := newCopySource(t)
	for i := range kills() {
		home := t.TempDir()
		file := filepath.Join(home, "release.tar")
		s.sent.Store(0)
		s.slow.Store(true)
		command := s.pull(t, home, "oci-archive:"+file)
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- command.Wait() }()
		s.wait(s.size*int64((i+1)*37%101)/100, ended)
		time.Sleep(time.Duration(i%10) * 5 * time.Millisecond)
		_ = command.Process.Kill()
		killed := <-ended != nil
		s.slow.Store(false)
		if _, err := os.Stat(file); killed == (err == nil) {
			t.Errorf("killed: %v; the archive: %v", killed, err)
		}
		sent, kept := s.sent.Swap(0), int64(0)
		inCache, inArchive := cached(t, home), archived(t, file+".partial")
		for d := range s.blobs {
			kept += max(inCache[d], inArchive[d])
		}
		if out, err := s.pull(t, home, "oci-archive:"+file).CombinedOutput(); err != nil {
			t.Fatalf("after kill %d: %v\n%s", i, err, out)
		}
		again := s.sent.Load() - (s.size - kept)
		t.Logf("killed: %v, after %d of %d bytes, of which %d were kept; %d fetched again", killed, sent, s.size, kept, again)
		if killed && again > kept/20+8*piece {
			t.Errorf("kill %d after %d of %d bytes, of which %d were kept: %d bytes were fetched again", i, sent, s.size, kept, again)
		}
		all := archived(t, file)
		for d, size := range s.blobs {
			if all[d] != size {
				t.Errorf("the archive has %d of %d bytes of %s", all[d], size, d)
			}
		}
		if names, err := filepath.Glob(filepath.Join(home, "release*")); err != nil || len(names) != 1 {
			t.Errorf("files %q, %v", names, err)
		}
	}
}

// The parts of an archive get their names when all blobs are in them. A kill at any time leaves what the next process continues
// with, also between the names of two parts.
func TestPullToPartsContinuesAfterKills(t *testing.T) {
	s := newCopySource(t)
	biggest := slices.Max(slices.Collect(maps.Values(s.blobs)))
	for i := range kills() {
		home := t.TempDir()
		file := filepath.Join(home, "release.tar")
		pull := func() *exec.Cmd {
			return s.pull(t, home, "oci-archive:"+file, "--archive-size", strconv.FormatInt(biggest+64<<10, 10))
		}
		s.sent.Store(0)
		s.slow.Store(true)
		command := pull()
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- command.Wait() }()
		s.wait(s.size*int64((i+1)*37%103)/100, ended) // some are killed at the end
		time.Sleep(time.Duration(i%10) * 2 * time.Millisecond)
		_ = command.Process.Kill()
		killed := <-ended != nil
		s.slow.Store(false)
		left, _ := filepath.Glob(file + ".???")
		if out, err := pull().CombinedOutput(); err != nil {
			t.Fatalf("after kill %d: %v\n%s", i, err, out)
		}
		t.Logf("killed: %v, with %d complete parts", killed, len(left))
		parts, err := filepath.Glob(file + "*")
		if err != nil || len(parts) < 2 {
			t.Fatalf("files %q, %v", parts, err)
		}
		all := map[string]int64{}
		for _, part := range parts {
			if len(filepath.Ext(part)) != len(".001") {
				t.Errorf("%s was left", part)
			}
			maps.Copy(all, archived(t, part))
		}
		for d, size := range s.blobs {
			if all[d] != size {
				t.Errorf("the parts have %d of %d bytes of %s", all[d], size, d)
			}
		}
	}
}
