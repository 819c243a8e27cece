package plugin_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

// cacheDirectory returns the directory of the cache.
func (c call) cacheDirectory() string { return filepath.Join(c.cache, "oc-release-x") }

// filled returns a cache with what commands store of a release that they read for the first time, and the output of the commands.
func filled(t *testing.T, c *traffic, run call) (r *testrelease.Release, texts, list []string, prints map[string]string) {
	t.Helper()
	r = c.push(t, layered(), "ocp/release", "4.14.0")
	byDigest := host(c.Server) + "/ocp/release@" + r.Digest().String()
	texts, list = with("manifests -o manifest", byDigest), with("manifests", host(c.Server)+"/ocp/release:4.14.0")
	prints = map[string]string{}
	for _, args := range [][]string{texts, list} {
		prints[args[1]] = good(t, run.run(t, args...))
	}
	c.asked()
	return r, texts, list, prints
}

// notes returns a result without the lines about what was resolved, which terminals get too.
func (r result) notes() result {
	lines := strings.SplitAfter(r.err, "\n")
	r.err = strings.Join(slices.DeleteFunc(lines, func(line string) bool { return !strings.HasPrefix(line, "Note: ") }), "")
	return r
}

// kept returns the only file of the cache that matches.
func (c call) kept(t *testing.T, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(c.cacheDirectory(), filepath.FromSlash(pattern)))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: found %q, %v", pattern, found, err)
	}
	return found[0]
}

// damages lists ways to damage a file.
func damages(t *testing.T) map[string]func(file string) {
	must := func(errs ...error) {
		t.Helper()
		for _, err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	read := func(file string) []byte {
		data, err := os.ReadFile(file)
		must(err)
		return data
	}
	return map[string]func(string){
		"a byte":      func(f string) { data := read(f); data[len(data)/2] ^= 1; must(os.WriteFile(f, data, 0o600)) },
		"truncated":   func(f string) { must(os.WriteFile(f, read(f)[:10], 0o600)) },
		"empty":       func(f string) { must(os.Truncate(f, 0)) },
		"longer":      func(f string) { must(os.WriteFile(f, append(read(f), 0), 0o600)) },
		"a directory": func(f string) { must(os.Remove(f), os.MkdirAll(filepath.Join(f, "x"), 0o700)) },
		"a link":      func(f string) { must(os.Rename(f, f+".moved"), os.Symlink(f+".moved", f)) },
		"a link out": func(f string) {
			must(os.Rename(f, filepath.Join(t.TempDir(), "x")), os.Symlink("/etc/passwd", f))
		},
		"random bytes": func(f string) { must(os.WriteFile(f, bytes.Repeat([]byte{0x5a}, len(read(f))), 0o600)) },
	}
}

func TestDamagedCacheFilesAreFetchedAgain(t *testing.T) {
	for what, test := range map[string]struct {
		file  func(r *testrelease.Release) string
		texts []string // requests of `manifests -o manifest` by digest
		list  []string // and of `manifests` by tag after it
		again bool     // `manifests -o manifest` ran twice before the file is damaged
	}{
		"the payload":  {func(r *testrelease.Release) string { return "blobs/sha256/" + r.Images[0].Layers[3].Digest.Encoded() }, []string{"GET payload"}, []string{"HEAD tag"}, false},
		"the manifest": {func(r *testrelease.Release) string { return "repositories/*/" + r.Digest().Encoded() }, []string{"GET image"}, []string{"HEAD tag"}, false},
		"the tag":      {func(*testrelease.Release) string { return "repositories/*/tags/*" }, nil, []string{"GET tag"}, false},
		"a layer's note": {func(r *testrelease.Release) string {
			return "notes/layer-3/" + r.Images[0].Layers[2].Digest.Encoded()
		}, nil, []string{"HEAD tag"}, false},
		"the contents": {func(r *testrelease.Release) string {
			return "notes/contents-1/" + r.Images[0].Layers[3].Digest.Encoded()
		}, nil, []string{"HEAD tag"}, true},
		"the manifests' note": {func(r *testrelease.Release) string { return "notes/manifests-2/" + r.Digest().Encoded() }, nil, []string{"HEAD tag"}, false},
	} {
		for how := range damages(t) {
			t.Run(what+" "+how, func(t *testing.T) {
				c, run := watch(t), cached(t)
				r, texts, list, prints := filled(t, c, run)
				if test.again {
					good(t, run.run(t, texts...))
					c.want(t)
				}
				run.noticing = true
				file := run.kept(t, test.file(r))
				damages(t)[how](file)
				notes := 0
				for i, args := range [][]string{texts, list, texts, list} {
					got := run.run(t, args...).notes()
					if diff := cmp.Diff(prints[args[1]], got.out); got.code != 0 || diff != "" {
						t.Fatalf("run %d: code %d, %s\n%s", i, got.code, got.err, diff)
					}
					expected := [][]string{test.texts, test.list, nil, {"HEAD tag"}}[i]
					c.want(t, expected...)
					if got.err == "" {
						continue
					}
					notes++
					if !strings.HasPrefix(got.err, "Note: the cache's file "+file+" was damaged (") || strings.Count(got.err, "\n") != 1 {
						t.Errorf("run %d: stderr %q", i, got.err)
					}
				}
				if notes != 1 {
					t.Errorf("%d notes, want one", notes)
				}
			})
		}
	}
}

func TestCacheDirectoryOfAnotherUser(t *testing.T) {
	const (
		unused    = "the cache is not used: WHY; --cache-dir names another directory, --no-cache disables it"
		blobsOnly = "only blobs are read from the cache, and nothing is written: WHY; --cache-dir names another directory, --no-cache disables it"
	)
	for name, test := range map[string]struct {
		change    func(dir string) error
		note, why string
		asked     []string
	}{
		"world-writable":              {mode(0o777), blobsOnly, "DIR is writable by all users (mode 0777): run chmod o-w on it", []string{"GET image"}},
		"notes world-writable":        {func(dir string) error { return os.Chmod(filepath.Join(dir, "notes"), 0o777) }, blobsOnly, "DIR/notes is writable by all users (mode 0777): run chmod o-w on it", []string{"GET image"}},
		"group-writable":              {mode(0o770), "", "", nil},
		"a directory in it elsewhere": {movedAway("blobs"), unused, "DIR/blobs is a link, want a directory", []string{"GET image", "GET payload", "GET layer 2"}},
		"another one elsewhere":       {movedAway("repositories"), unused, "DIR/repositories is a link, want a directory", []string{"GET image", "GET payload", "GET layer 2"}},
		"a file for a directory": {func(dir string) error {
			return errors.Join(os.RemoveAll(filepath.Join(dir, "notes")), os.WriteFile(filepath.Join(dir, "notes"), nil, 0o600))
		}, unused, "DIR/notes is a file, want a directory", []string{"GET image", "GET payload", "GET layer 2"}},
		"another owner": {func(dir string) error { return os.Chown(dir, 4711, 4711) }, blobsOnly, fmt.Sprintf("DIR belongs to user 4711, and this is user %d", os.Geteuid()), []string{"GET image"}},
		"group 0":       {func(dir string) error { return os.Chown(dir, 4711, 0) }, "", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			c, run := watch(t), cached(t)
			_, texts, _, prints := filled(t, c, run)
			if err := test.change(run.cacheDirectory()); err != nil {
				t.Skip(err)
			}
			note := ""
			if test.note != "" {
				note = "Note: " + strings.ReplaceAll(strings.ReplaceAll(test.note, "WHY", test.why), "DIR", run.cacheDirectory()) + "\n"
			}
			quiet := run
			run.noticing = true
			want(t, run.run(t, texts...), 0, prints[texts[1]], note)
			c.want(t, test.asked...)
			want(t, run.run(t, append(texts, "--strict")...), 0, prints[texts[1]], note)
			c.want(t, test.asked...)
			want(t, quiet.run(t, texts...), 0, prints[texts[1]], "")
			c.asked()
			want(t, run.run(t, append(texts, "--no-cache")...), 0, prints[texts[1]], "")
		})
	}
}

// mode sets the mode of a directory.
func mode(m os.FileMode) func(dir string) error {
	return func(dir string) error { return os.Chmod(dir, m) }
}

// movedAway moves a directory of the cache, and leaves a link in its place.
func movedAway(name string) func(dir string) error {
	return func(dir string) error {
		away := dir + "-" + name
		return errors.Join(os.Rename(filepath.Join(dir, name), away), os.Symlink(away, filepath.Join(dir, name)))
	}
}

func TestNoCacheDirectory(t *testing.T) {
	c := watch(t)
	c.push(t, layered(), "ocp/release", "4.14.0")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	args := with("images", host(c.Server)+"/ocp/release:4.14.0")
	expected := good(t, run(t, args...))
	want(t, call{cache: file, noticing: true}.run(t, args...).notes(), 0, expected,
		"Note: the cache is not used: mkdir "+file+": not a directory; --cache-dir names another directory, --no-cache disables it\n")
	want(t, run(t, append(args, "--cache-dir", file)...), 0, expected, "")
	want(t, call{noticing: true}.run(t, append(args, "--cache-dir", file)...).notes(), 0, expected,
		"Note: the cache is not used: mkdir "+file+": not a directory; --cache-dir names another directory, --no-cache disables it\n")
}

func TestNoHomeDirectory(t *testing.T) {
	c := watch(t)
	c.push(t, layered(), "ocp/release", "4.14.0")
	args := with("images", host(c.Server)+"/ocp/release:4.14.0")
	for range 2 {
		good(t, call{}.run(t, args...))
		c.want(t, "GET tag", "GET payload")
	}
	got := call{}.run(t, append(args, "-v=1")...)
	if got.code != 0 || !strings.Contains(got.err, "downloads are not cached: the user has no cache directory, and --cache-dir is not set\n") {
		t.Errorf("code %d, %s", got.code, got.err)
	}
}

func TestCacheRecordsOfAnotherVersion(t *testing.T) {
	c, run := watch(t), cached(t)
	_, _, list, prints := filled(t, c, run)
	notes, err := filepath.Glob(filepath.Join(run.cacheDirectory(), "notes", "*", "*"))
	if err != nil || len(notes) != 3 {
		t.Fatalf("notes %q, %v", notes, err)
	}
	for _, note := range notes {
		data, err := os.ReadFile(note)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(note, bytes.Replace(data, []byte("cache 2\n"), []byte("cache 1\n"), 1), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		want(t, run.run(t, list...), 0, prints[list[1]], "")
		c.want(t, "HEAD tag")
	}
	for _, note := range notes {
		if data, err := os.ReadFile(note); err != nil || !bytes.HasPrefix(data, []byte("oc-release-x cache 2\n")) {
			t.Errorf("%s is not made anew: %v", note, err)
		}
	}
}
