package oci

import (
	"errors"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

func TestParsePullSpec(t *testing.T) {
	for text, want := range map[string]PullSpec{
		"quay.io/a/b":                                 {Repository: Repository{"quay.io", "a/b"}},
		"localhost/a:t":                               {Repository: Repository{"localhost", "a"}, Tag: "t"},
		"h.example:5000/a/b@" + digestA:               {Repository: Repository{"h.example:5000", "a/b"}, Digest: digestA},
		"[2001:db8::10]:5000/a:t@" + digestA:          {Repository: Repository{"[2001:db8::10]:5000", "a"}, Tag: "t", Digest: digestA},
		"[::1]/a/b-c_d.e:" + strings.Repeat("t", 128): {Repository: Repository{"[::1]", "a/b-c_d.e"}, Tag: strings.Repeat("t", 128)},
	} {
		if got, err := ParsePullSpec(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"":                                     `"" is not the host of a registry`,
		"busybox":                              "it names no registry",
		"org/repo":                             "it names no registry",
		"-h.io/a":                              `"-h.io" is not the host of a registry`,
		"quay.io/A":                            `"A" is not a repository: want lower-case letters and digits, with . _ - and / between them`,
		"quay.io/a/../b":                       `"a/../b" is not a repository: want lower-case letters and digits, with . _ - and / between them`,
		"quay.io/a:":                           `the tag "" is not valid`,
		"quay.io/a@sha256:../x":                `malformed digest "sha256:../x": want sha256 with 64 lower-case hex digits`,
		"user:canary@quay.io/a":                ErrUserinfo.Error(),
		"quay.io/a@" + digestA + "@" + digestA: ErrUserinfo.Error(),
	} {
		_, err := ParsePullSpec(text)
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	if _, err := ParsePullSpec("quay.io/a@sha512:00"); fault.KindOf(err) != fault.Integrity {
		t.Errorf("a malformed digest: %v", err)
	}
	if _, err := ParsePullSpec("x y/a"); !errors.Is(err, ErrHost) {
		t.Errorf("a host with a blank: %v", err)
	}
}

func TestParseRepository(t *testing.T) {
	want := Repository{Host: "[::1]:5000", Path: "a/b"}
	if got, err := ParseRepository("[::1]:5000/a/b"); err != nil || got != want || got.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
	if !(Repository{}).IsZero() || (Repository{}).String() != "" {
		t.Error("the zero value is not empty")
	}
	for text, want := range map[string]string{
		"quay.io/a:t":          `"quay.io/a:t" has a tag or a digest: want HOST/REPOSITORY`,
		"quay.io/a@" + digestA: `"quay.io/a@` + digestA + `" has a tag or a digest: want HOST/REPOSITORY`,
		"busybox":              ErrNoRegistry.Error(),
	} {
		if _, err := ParseRepository(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestPullSpecNames(t *testing.T) {
	r := Repository{Host: "quay.io", Path: "a"}
	for _, test := range []struct {
		spec       PullSpec
		text, name string
	}{
		{r.Tag("t"), "quay.io/a:t", "t"},
		{r.Digest(digestA), "quay.io/a@" + digestA, digestA},
		{PullSpec{Repository: r, Tag: "t", Digest: digestA}, "quay.io/a:t@" + digestA, digestA},
	} {
		if test.spec.String() != test.text || test.spec.Name() != test.name {
			t.Errorf("%s, %s; want %s, %s", test.spec, test.spec.Name(), test.text, test.name)
		}
	}
}

// FuzzPullSpec: what is read is written the same way again, and every part is safe in a URL and a path.
func FuzzPullSpec(f *testing.F) {
	for _, seed := range []string{"quay.io/a/b:t", "[::1]:5000/a@" + digestA, "h/../a", "a@b@c", "h.io/a:t@" + digestA} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		spec, err := ParsePullSpec(text)
		if err != nil {
			return
		}
		if again := spec.String(); again != text {
			t.Errorf("%q became %q", text, again)
		}
		if strings.ContainsAny(text, " \t\n\\%?#") || strings.Contains(spec.Path, "..") || strings.HasPrefix(spec.Host, "-") {
			t.Errorf("%q is not safe", text)
		}
	})
}
