package diff_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/diff"
)

func all(string) bool { return true }

func TestWriteUnified(t *testing.T) {
	for name, test := range map[string]struct {
		old, new []payload.File
		want     string
	}{
		"equal":   {[]payload.File{file("a.yaml", "a\n")}, []payload.File{file("a.yaml", "a\n")}, ""},
		"changed": {[]payload.File{file("a.yaml", "a\nb\n")}, []payload.File{file("a.yaml", "a\nc\n")}, "--- a/a.yaml\n+++ b/a.yaml\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n"},
		"added":   {nil, []payload.File{file("manifests/a.yaml", "a\n")}, "--- /dev/null\n+++ b/manifests/a.yaml\n@@ -0,0 +1 @@\n+a\n"},
		"removed": {[]payload.File{file("a.yaml", "a\n")}, nil, "--- a/a.yaml\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"},
		"two places": {
			[]payload.File{file("a", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n")},
			[]payload.File{file("a", "1\n2\nx\n3\ny\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\nz\n")},
			"--- a/a\n+++ b/a\n@@ -1,6 +1,8 @@\n 1\n 2\n+x\n 3\n+y\n 4\n 5\n 6\n@@ -11,4 +13,4 @@\n 11\n 12\n 13\n-14\n+z\n",
		},
		"no newline at the end": {
			[]payload.File{file("a.yaml", "a")},
			[]payload.File{file("a.yaml", "a\n")},
			"--- a/a.yaml\n+++ b/a.yaml\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n",
		},
		"empty file": {nil, []payload.File{file("a.yaml", "")}, "diff --git a/a.yaml b/a.yaml\nnew file mode 100644\nindex 0000000..e69de29\n"},
		"odd names":  {nil, []payload.File{file("a b\"\n.yaml", "a\n")}, "--- /dev/null\n+++ \"b/a b\\\"\\012.yaml\"\n@@ -0,0 +1 @@\n+a\n"},
		"binary":     {[]payload.File{file("a", "\x00")}, []payload.File{file("a", "\x01\x00")}, "Binary files a/a and b/a differ\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var text bytes.Buffer
			if err := diff.WriteUnified(&text, test.old, test.new, all); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, text.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPatchAppliesTheUnifiedText(t *testing.T) {
	needsPatch(t)
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 2))
		checkPatch(t, randomFiles(random), randomFiles(random))
	}
	checkPatch(t, []payload.File{file("many.txt", strings.Repeat("a\nb\n", 20_000))}, []payload.File{file("many.txt", strings.Repeat("a\nc\n", 20_000))})
}

func TestPatchAppliesTheUnifiedTextOfTheRecordedReleases(t *testing.T) {
	needsPatch(t)
	old, err := diff.FilesOf(recordedSide(t, "4.22.0-x86_64"), diff.Options{})
	if err != nil {
		t.Fatal(err)
	}
	new, err := diff.FilesOf(recordedSide(t, "4.22.1-x86_64"), diff.Options{})
	if err != nil {
		t.Fatal(err)
	}
	checkPatch(t, old, new)
}

func needsPatch(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("patch"); err != nil {
		t.Skip("patch is not installed")
	}
}

// randomFiles returns files of which two calls have many lines in common.
func randomFiles(random *rand.Rand) (files []payload.File) {
	for _, name := range []string{"a.yaml", "empty.yaml", "manifests/b.yaml", "with blank.yaml", "\u00fc.yaml", `quoted".yaml`} {
		if random.IntN(4) == 0 {
			continue
		}
		var text strings.Builder
		for line := range random.IntN(60) {
			switch random.IntN(8) {
			case 0:
				fmt.Fprintf(&text, "%d\n", random.IntN(4))
			case 1:
				text.WriteString([]string{"\n", "--- x\n", "+++ b\n", "@@ -1 +1 @@\n", "\r\n", " \n", "\\ x\n", "\xff\n"}[random.IntN(8)])
			case 2:
			default:
				fmt.Fprintf(&text, "line %d\n", line)
			}
		}
		content := text.String()
		switch random.IntN(4) {
		case 0:
			content = strings.TrimSuffix(content, "\n")
		case 1:
			if name == "empty.yaml" {
				content = ""
			}
		}
		files = append(files, file(name, content))
	}
	slices.SortFunc(files, func(a, b payload.File) int { return strings.Compare(a.Name, b.Name) })
	return files
}

// checkPatch writes the old files, applies the unified text with patch and compares the directory with the new files.
func checkPatch(t *testing.T, old, new []payload.File) {
	t.Helper()
	var text bytes.Buffer
	if err := diff.WriteUnified(&text, old, new, all); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	want := map[string]string{}
	for _, f := range old {
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range new {
		want[f.Name] = string(f.Data)
	}
	patch := exec.Command("patch", "-p1", "--batch", "--directory", dir)
	patch.Stdin = bytes.NewReader(text.Bytes())
	if output, err := patch.CombinedOutput(); err != nil && text.Len() > 0 {
		t.Fatalf("%v\n%s\n%s", err, output, text.String())
	}
	got := map[string]string{}
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		got[name] = string(data)
		return err
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%.3000s\n%.3000s", diff, text.String())
	}
}
