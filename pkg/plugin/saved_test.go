package plugin_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

// A saved `info -o json` reads like the release itself, from every source: only the reference differs.
func TestSavedReleasesReadLikeTheirSources(t *testing.T) {
	b := small()
	list := small().WithList("amd64", "arm64")
	release := build(t, b)
	dir := t.TempDir()
	archive, docker, directory := filepath.Join(dir, "oci.tar"), filepath.Join(dir, "docker.tar"), filepath.Join(dir, "directory")
	for _, err := range []error{
		release.WriteOCIArchive(archive, "4.14.0"), release.WriteDockerArchive(docker, "quay.io/a:one"), b.WriteDirectory(directory),
		os.WriteFile(filepath.Join(dir, "image-references"), b.References(), 0o644),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	server := testrelease.Registry(t)
	const mirror = "--release-repository=mirror.example.com:5000/ocp/release"
	for name, source := range map[string][]string{
		"a tag":                            {push(t, server, b), "--insecure"},
		"a list":                           {push(t, server, list), "--insecure"},
		"a layout":                         {layout(t, b)},
		"a layout of a mirror":             {layout(t, b), mirror},
		"a list in a layout of a mirror":   {layout(t, list), mirror},
		"a mirror that is an IPv6 address": {layout(t, b), "--release-repository=[2001:db8::10]:5000/ocp/release"},
		"an OCI archive":                   {"oci-archive:" + archive, mirror},
		"a docker archive":                 {"docker-archive:" + docker, mirror},
		"a directory":                      {"dir:" + directory, mirror},
		"image-references":                 {"file:" + filepath.Join(dir, "image-references"), mirror},
	} {
		t.Run(name, func(t *testing.T) {
			saved := filepath.Join(t.TempDir(), "release.json")
			text := good(t, run(t, append([]string{"info", "-o", "json"}, source...)...))
			if err := os.WriteFile(saved, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			for _, args := range []string{"env", "env --format github", "info", "info --pullspecs", "info -o json", "images -o wide", "images -o json"} {
				direct := run(t, append(strings.Fields(args), source...)...)
				again := run(t, append(strings.Fields(args), "file:"+saved)...)
				again.out = comparable(strings.ReplaceAll(again.out, "file:"+saved, source[0]))
				want(t, again, direct.code, comparable(direct.out), direct.err)
			}
		})
	}
}

// comparable returns an output without what differs: a document has no number of manifests, and an image's architecture
// costs a request that a document does not.
func comparable(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] != "Manifests:" && words[0] != "Metadata" && words[0] != `"architecture":` {
			lines = append(lines, strings.Join(words, " "))
		}
	}
	return strings.Join(lines, "\n")
}

// Windows PowerShell saves documents as UTF-16, which can be read too.
func TestSavedReleasesInUTF16(t *testing.T) {
	release := layout(t, small())
	expected := good(t, run(t, "images", release, "-o", "pullspec"))
	for name, text := range map[string]string{
		"info":             good(t, run(t, "info", release, "-o", "json")),
		"info in YAML":     good(t, run(t, "info", release, "-o", "yaml")),
		"image-references": string(small().References()),
	} {
		file := filepath.Join(t.TempDir(), "saved")
		data := []byte("\xff\xfe")
		for _, unit := range utf16.Encode([]rune(strings.ReplaceAll(text, "\n", "\r\n"))) {
			data = append(data, byte(unit), byte(unit>>8))
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
		if got := good(t, run(t, "images", "file:"+file, "-o", "pullspec")); got != expected {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

// Programs disagree which of two equal keys counts, so duplicate keys are refused. Keys in another case are ignored.
func TestKeysOfImageReferences(t *testing.T) {
	plain := string(small().References())
	other := strings.Replace(plain, `"spec"`, `"Spec": {"tags": []}, "spec"`, 1)
	expected := good(t, run(t, "images", layout(t, small())))
	if got := good(t, run(t, "images", layout(t, small().WithReferences(other)))); got != expected {
		t.Errorf("with a key in another case: %s", got)
	}
	twice := layout(t, small().WithReferences(strings.Replace(plain, `"spec"`, `"spec": {"tags": []}, "spec"`, 1)))
	want(t, run(t, "images", twice), 6, "", "error: "+twice+": image-references: the key \"spec\" appears twice in one object\n")
}

// At most fifty warnings of a release are printed.
func TestManyWarnings(t *testing.T) {
	b := small()
	var all strings.Builder
	for i := range 60 {
		name := fmt.Sprintf("x%02d", i)
		b.WithComponent(name, testrelease.Image("quay.io/a/b:"+name))
		if i < 50 {
			fmt.Fprintf(&all, "Warning: the component %q is not referenced by a digest: \"quay.io/a/b:%s\"\n", name, name)
		}
	}
	want(t, run(t, "images", layout(t, b), "x00", "-o", "name", "--strict"), 7, "x00\n",
		all.String()+"Warning: and 10 more\nerror: there were 60 warnings, and --strict was given\n")
}

// A limit set by a flag ends a command before anything is printed.
func TestLimitsOfAPayload(t *testing.T) {
	const object = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: "
	release := layout(t, small().WithManifest("0000_50_b_00_namespace.yaml", object+"b\n"))
	aliases := layout(t, small().WithManifest("0000_50_b_00_namespace.yaml", object+"b\na: &a text\nb: [*a, *a]\n"))
	for _, test := range []struct {
		args, release, want string
		code                int
	}{
		{"manifests --all --max-documents 1", release, release + ": the payload has more than 1 documents (--max-documents)", 6},
		{"graph --max-documents 1", release, release + ": the payload has more than 1 documents (--max-documents)", 6},
		{"manifests --all --objects -o json --max-parsed-size 1", release, release + ": the payload has more than 1 bytes of text to parse (--max-parsed-size)", 6},
		{"extract --normalize --to - --max-parsed-size 1", release, release + ": the payload has more than 1 bytes of text to parse (--max-parsed-size)", 6},
		{"manifests --all --objects -o json --max-expanded-size 1", aliases, aliases + ": the payload's aliases expand to more than 1 bytes (--max-expanded-size)", 6},
		{"images --max-documents 0", release, "--max-files, --max-documents and --max-compression-ratio must be positive", 2},
		{"images --max-expanded-size x", release, `--max-expanded-size "x": want a positive size such as 512Mi or 1G`, 2},
	} {
		want(t, run(t, append(strings.Fields(test.args), test.release)...), test.code, "", "error: "+test.want+"\n")
	}
	directory := t.TempDir()
	if err := small().WriteDirectory(directory); err != nil {
		t.Fatal(err)
	}
	want(t, run(t, "images", "dir:"+directory, "--max-payload-size", "1k"), 6, "",
		"error: dir:"+directory+": the payload has more than 1000 bytes (--max-payload-size)\n")
}
