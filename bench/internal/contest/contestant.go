package contest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/release-x/oc-release-x/bench/internal/pair"
	"github.com/release-x/oc-release-x/bench/internal/served"
)

// Contestant is one way to do a job.
type Contestant struct {
	ID    string   // what goals call it
	Name  string   // the command as readers see it
	Needs []string // the programs it is made of, the one it is about first
	Warm  bool     // its cache is that of its last run, and not empty
	Args  func(Place) []string
	Check func(Place, []byte) error // whether standard output, or the directory, is what the job asked for
}

// Place is what a contestant finds when it starts.
type Place struct {
	Programs Programs
	Release  served.Release
	All      []served.Release // of the job, Release among them
	Address  string           // of the registry or of the link to it
	Plain    bool             // over HTTP without TLS
	Cache    string           // directory for a cache
	Work     string           // empty directory

	Target   string         // of a copy: the repository REGISTRY/NAME
	Releases []pair.Release // what is copied there
	Layout   string         // of a copy to or from a disk: the directory; the same with .tar is the archive
}

func (p Place) repository() string          { return p.Address + "/" + p.Release.Repository }
func (p Place) byTag() string               { return p.tag(p.Release) }
func (p Place) byDigest() string            { return p.repository() + "@" + p.Release.Digest }
func (p Place) tag(r served.Release) string { return p.Address + "/" + r.Repository + ":" + r.Tag }

func (p Place) out() string { return filepath.Join(p.Work, "out") }

// plugin is a command line of the plugin.
func (p Place) plugin(args ...string) []string {
	args = append(append([]string{p.Programs[Plugin]}, args...), "--cache-dir", p.Cache)
	return p.unlessTLS(args, "--insecure")
}

// unlessTLS adds flags that a program needs for a registry without TLS.
func (p Place) unlessTLS(args []string, flags ...string) []string {
	if p.Plain {
		return append(args, flags...)
	}
	return args
}

// shell is a command line of a script, whose arguments are $0, $1, … In it @plain stands for the flag that the
// contestant's program needs for a registry without TLS.
func (p Place) shell(flag, script string, args ...string) []string {
	if !p.Plain {
		flag = ""
	}
	return append([]string{"/bin/sh", "-c", strings.ReplaceAll(script, "@plain", flag)}, args...)
}

// listsAll checks that every component is named with its digest.
func listsAll(p Place, stdout []byte) error {
	for _, c := range p.Release.Components {
		_, digest, _ := strings.Cut(c.Image, "@")
		if !bytes.Contains(stdout, []byte(c.Name)) || !bytes.Contains(stdout, []byte(digest)) {
			return fmt.Errorf("did not list %s", c.Name)
		}
	}
	return nil
}

// listsNameAndImage checks for exactly a line "NAME IMAGE" a component.
func listsNameAndImage(p Place, stdout []byte) error {
	var want strings.Builder
	for _, c := range p.Release.Components {
		fmt.Fprintf(&want, "%s %s\n", c.Name, c.Image)
	}
	if string(stdout) != want.String() {
		return fmt.Errorf("printed %d bytes in place of the %d of name and image of %d components", len(stdout), want.Len(), len(p.Release.Components))
	}
	return nil
}

// listsObjects checks for a table of the objects that are included by default, of most manifests.
func listsObjects(p Place, stdout []byte) error {
	if lines := bytes.Count(stdout, []byte("\n")); !bytes.HasPrefix(stdout, []byte("INDEX")) || lines < p.Release.Manifests/2 {
		return fmt.Errorf("printed %d lines in place of a table of the objects of %d manifests", lines, p.Release.Manifests)
	}
	return nil
}

// comparesBoth checks that images were compared.
func comparesBoth(_ Place, stdout []byte) error {
	if !bytes.Contains(stdout, []byte("\nImages Changed:\n")) {
		return errors.New("printed no images that changed")
	}
	return nil
}

// extractsAll checks that the manifests and the two files of the release came out. Files that are not YAML may be
// missing: not every program knows them.
func extractsAll(p Place, _ []byte) error {
	files := 0
	err := filepath.WalkDir(p.out(), func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			files++
		}
		return err
	})
	if err != nil {
		return err
	}
	if files < p.Release.Manifests+2 || files > p.Release.Files {
		return fmt.Errorf("extracted %d files of %d", files, p.Release.Files)
	}
	return nil
}

func printsSomething(_ Place, stdout []byte) error {
	if len(bytes.TrimSpace(stdout)) == 0 {
		return errors.New("printed nothing")
	}
	return nil
}
