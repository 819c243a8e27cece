package diff_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload/diff"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// updated returns a text of release 4.1.0 as that of release 4.1.1 with other images.
func updated(text string) string {
	return strings.NewReplacer("4.1.0", "4.1.1", "1.27.1", "1.27.2", strings.Repeat("1", 64), strings.Repeat("2", 64)).Replace(text)
}

// updateOf returns two releases that differ in one file.
func updateOf(t *testing.T, old, new string) (before, after diff.Side) {
	t.Helper()
	side := func(version, digest, kubernetes, text string) diff.Side {
		r := testRelease{
			version: version, images: []testImage{{name: "etcd", digest: digest, versions: "kubernetes=" + kubernetes}},
			files: map[string]string{"0000_50_a_1.yaml": text},
		}
		return newSide(t, r.payload(), manifest.Settings{})
	}
	return side("4.1.0", "1", "1.27.1", old), side("4.1.1", "2", "1.27.2", new)
}

// objectStates returns a line for each object that differs: whether only digests and versions do.
func objectStates(result *diff.Result) (lines []string) {
	for _, o := range result.Objects {
		lines = append(lines, fmt.Sprintf("%s %s folded %v", o.Change, o.Entry().ID(), o.OnlyFolded()))
	}
	return lines
}

// checkFolded checks that the same objects are folded whether their values are listed or not. An object whose values cannot be read is
// left out.
func checkFolded(t *testing.T, old, new string) (short *diff.Result) {
	t.Helper()
	before, after := updateOf(t, old, new)
	full, err := diff.Compare(before, after, diff.Options{Full: true})
	if err != nil {
		return nil
	}
	short, err = diff.Compare(before, after, diff.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(objectStates(full), objectStates(short)); diff != "" {
		t.Errorf("without Full other objects are folded:\n%s\n%s", old, diff)
	}
	return short
}

// beforeData is the beginning of a manifest, up to its data.
const beforeData = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata:\n"

// foldedTexts has data that differ between two releases, with the number of documents that a comparison parses.
func foldedTexts() map[string]struct {
	text   string
	parsed int
} {
	image := "quay.io/test/art@sha256:" + strings.Repeat("1", 64)
	return map[string]struct {
		text   string
		parsed int
	}{
		"field":                       {" image: " + image, 0},
		"quoted field":                {` "image": '` + image + `'`, 0},
		"field of a list's element":   {" list:\n - version: 4.1.0\n   value: x", 0},
		"element":                     {" list:\n - 4.1.0\n - x", 0},
		"argument":                    {" list:\n - a=" + image, 0},
		"quoted argument":             {" list:\n - \"--a=" + image + "\"", 0},
		"comment beside a field":      {" # about 4.1.0\n a: 4.1.0", 0},
		"comment in a text":           {" a: |\n  # about 4.1.0\n  b: 4.1.0", 0},
		"name of several lines":       {" list:\n - name: |-\n     version: 4.1.0\n   x: 1", 2},
		"quoted name of lines":        {" list:\n - name: \"a\n    version: 4.1.0\n    b\"\n   x: 1", 2},
		"name on the next line":       {" list:\n - name:\n     \"a\n     version: 4.1.0\n     b\"\n   x: 1", 2},
		"plain name of lines":         {" list:\n - name: a\n     - 4.1.0\n   x: 1", 2},
		"plain name in brackets":      {" list: [{name: a\n  - 4.1.0\n  , x: 1}]", 2},
		"quoted name in brackets":     {" list: [{x: 1, name: \"a\n  version: 4.1.0\n  b\"}]", 2},
		"field name in brackets":      {" a: {?\"a\n  b: 4.1.0\n  c\": x}", 2},
		"names before an element":     {" list:\n - name: a\n - 4.1.0", 0},
		"empty brackets":              {" e: {}\n list:\n - 4.1.0\n f: []", 0},
		"element with brackets":       {" e: {a: b}\n list:\n - 4.1.0", 2},
		"comments alone":              {" # about 4.1.0\n a: b", 2},
		"field name of several lines": {" ? |\n  a: 4.1.0\n : b\n c: 4.1.0", 2},
		"comment in a field name":     {" ? |\n  # 4.1.0\n : b\n c: 4.1.0", 2},
		"list in a list":              {" list:\n - - 4.1.0", 0},
		"carriage returns":            {" a: 4.1.0\r\n b: 1.27.1\r", 0},
		"line of a text":              {" text: |\n  version: 4.1.0", 0},
		"field of JSON":               {" text: |\n  {\n    \"version\": \"4.1.0\",\n    \"a\": 1\n  }", 0},
		"name of a list's element":    {" list:\n - name: 4.1.0", 2},
		"key of a list's element":     {" list:\n - value: x\n   key: 4.1.0", 2},
		"quoted key of an element":    {" list:\n - value: x\n   \"key\": 4.1.0", 2},
		"field name":                  {" 4.1.0: x", 2},
		"field name and value":        {" 4.1.0: 4.1.0", 2},
		"comment":                     {" a: b # 4.1.0", 2},
		"comment of its own":          {" # a: 4.1.0\n a: b", 2},
		"comment that replaces":       {" a: 4.1.0 #x", 2},
		"element that is a comment":   {" list:\n # - 4.1.0\n - x", 2},
		"anchor":                      {" a: &x 4.1.0\n *x : b", 2},
		"tag":                         {" a: !x 4.1.0", 2},
		"field of a flow":             {" a: {b: 4.1.0}", 2},
		"field name in a flow":        {" a: {\n  b: c, 4.1.0\n }", 2},
		"field name after a field":    {" a: {\n  b: c, 4.1.0: d\n }", 2},
		"quoted name after a field":   {" a: {\n  \"b\": \"c\", \"4.1.0\": \"d\"\n }", 2},
		"line that goes on":           {" a: \"4.1.0\\\n  1\"", 2},
		"escape":                      {` a: "\x204.1.0"`, 2},
		"plain text over lines":       {" a: b\n  4.1.0", 2},
		"value that cannot be read":   {" a: {\n  b: 4.1.0:\n }", 0},
		"explicit key":                {" ? 4.1.0\n : a", 2},
		"changed text beside a value": {" a: 4.1.0\n b: --4.1.0", 2},
		"two digits":                  {" a: 4.1.0\n b: 14.1.0", 2},
	}
}

func TestFoldedObjectsAreTheSameWithoutValues(t *testing.T) {
	for name, test := range foldedTexts() {
		t.Run(name, func(t *testing.T) {
			text := beforeData + test.text + "\n"
			result := checkFolded(t, text, updated(text))
			if result == nil {
				t.Fatal("the values cannot be read")
			}
			if result.Parsed != test.parsed {
				t.Errorf("parsed %d documents, want %d", result.Parsed, test.parsed)
			}
		})
	}
}

func TestFoldedRecordedObjectsAreTheSameWithoutValues(t *testing.T) {
	full, short := compareRecorded(t, diff.Options{Full: true}), compareRecorded(t, diff.Options{})
	if diff := cmp.Diff(objectStates(full), objectStates(short)); diff != "" {
		t.Error(diff)
	}
}

func FuzzFolded(f *testing.F) {
	for _, test := range foldedTexts() {
		f.Add(test.text, "")
	}
	f.Add(" a: 4.1.0\n b: c", " a: 4.1.1\n b: d")
	f.Fuzz(func(t *testing.T, old, new string) {
		if len(old)+len(new) > 1<<10 {
			return
		}
		old = beforeData + old
		if new == "" {
			checkFolded(t, old, updated(old))
		} else {
			checkFolded(t, old, beforeData+new)
		}
	})
}
