package simplesigning

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

const (
	hex  = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	good = `{"critical":{"type":"atomic container signature","image":{"docker-manifest-digest":"sha256:` + hex +
		`"},"identity":{"docker-reference":"quay.io/a/b:1"}},"optional":{"creator":"x 1","timestamp":1700000000}}`
)

// change replaces a part of the good document, which must be there.
func change(t *testing.T, old, replacement string) string {
	t.Helper()
	if strings.Count(good, old) != 1 {
		t.Fatalf("%q is in the document %d times", old, strings.Count(good, old))
	}
	return strings.Replace(good, old, replacement, 1)
}

func TestParse(t *testing.T) {
	want := Document{Digest: "sha256:" + hex, Reference: "quay.io/a/b:1", Creator: "x 1"}
	without := want
	without.Creator = ""
	tests := []struct {
		name, old, replacement string
		want                   Document
		reason                 string
	}{
		{name: "good", old: "{}", want: want},
		{name: "no creator", old: `"creator":"x 1",`, want: without},
		{name: "no optional part", old: `,"optional":{"creator":"x 1","timestamp":1700000000}`, want: without},
		{name: "optional null", old: `{"creator":"x 1","timestamp":1700000000}`, replacement: "null", want: without},
		{name: "spaces around", old: `{"critical"`, replacement: " \n{\"critical\"", want: want},
		{name: "another type", old: "atomic container signature", replacement: "atomic container signaturE", reason: `is of type "atomic container signaturE", want "atomic container signature"`},
		{name: "cosign's type", old: "atomic container signature", replacement: "cosign container image signature", reason: `is of type "cosign container image signature", want "atomic container signature"`},
		{name: "type with a space", old: "atomic container signature", replacement: "atomic container signature ", reason: `is of type "atomic container signature ", want "atomic container signature"`},
		{name: "no type", old: `"type":"atomic container signature",`, reason: "has no critical.type"},
		{name: "type null", old: `"atomic container signature"`, replacement: "null", reason: "has no text in critical.type"},
		{name: "unknown field", old: `"optional"`, replacement: `"more":1,"optional"`, reason: `has the unknown field "more"`},
		{name: "unknown critical field", old: `"image"`, replacement: `"more":1,"image"`, reason: `has the unknown field "critical.more"`},
		{name: "unknown image field", old: `{"docker-manifest-digest"`, replacement: `{"more":1,"docker-manifest-digest"`, reason: `has the unknown field "critical.image.more"`},
		{name: "unknown identity field", old: `{"docker-reference"`, replacement: `{"more":1,"docker-reference"`, reason: `has the unknown field "critical.identity.more"`},
		{name: "unknown optional field", old: `"timestamp"`, replacement: `"more":1,"timestamp"`, reason: `has the unknown field "optional.more"`},
		{name: "field in another case", old: `"critical"`, replacement: `"Critical"`, reason: `has the unknown field "Critical"`},
		{
			name: "digest twice", old: `"},"identity"`, replacement: `","docker-manifest-digest":"sha256:` + strings.Repeat("b", 64) + `"},"identity"`,
			reason: `has a critical.image that is not read: it has the field "docker-manifest-digest" twice`,
		},
		{name: "critical twice", old: `"optional"`, replacement: `"critical":{},"optional"`, reason: `is not read: it has the field "critical" twice`},
		{name: "empty reference", old: "quay.io/a/b:1", reason: "names no image: critical.identity.docker-reference is empty"},
		{name: "no reference", old: `"docker-reference":"quay.io/a/b:1"`, reason: "has no critical.identity.docker-reference"},
		{name: "no identity", old: `,"identity":{"docker-reference":"quay.io/a/b:1"}`, reason: "has no critical.identity"},
		{name: "identity is a text", old: `{"docker-reference":"quay.io/a/b:1"}`, replacement: `"quay.io/a/b:1"`, reason: "has a critical.identity that is not read: it is not a JSON object"},
		{name: "no digest", old: `"docker-manifest-digest":"sha256:` + hex + `"`, reason: "has no critical.image.docker-manifest-digest"},
		{name: "digest in upper case", old: "sha256:" + hex, replacement: "sha256:" + strings.ToUpper(hex), reason: `names a malformed digest "sha256:` + strings.ToUpper(hex) + `": want sha256 with 64 lower-case hex digits`},
		{name: "digest without algorithm", old: "sha256:" + hex, replacement: hex, reason: `names a malformed digest "` + hex + `": want sha256 with 64 lower-case hex digits`},
		{name: "digest is a number", old: `"sha256:` + hex + `"`, replacement: "1", reason: "has no text in critical.image.docker-manifest-digest"},
		{name: "timestamp with a fraction", old: "1700000000", replacement: "1.5", reason: "has an optional.timestamp that is not a whole number"},
		{name: "creator is a number", old: `"x 1"`, replacement: "1", reason: "has no text in optional.creator"},
		{name: "optional is a list", old: `{"creator":"x 1","timestamp":1700000000}`, replacement: "[]", reason: "has an optional part that is not read: it is not a JSON object"},
		{name: "something behind", old: `1700000000}}`, replacement: `1700000000}}{}`, reason: "is not read: something follows the JSON object"},
		{name: "cut off", old: `1700000000}}`, replacement: `1700000000}`, reason: "is not read: it is not a JSON object: EOF"},
		{name: "not UTF-8", old: "quay.io/a/b:1", replacement: "\xff", reason: "is not read: it is not UTF-8"},
		{name: "a list", old: good, replacement: "[" + good + "]", reason: "is not read: it is not a JSON object"},
		{name: "nothing", old: good, reason: "is not read: it is not a JSON object"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			body := good
			if test.name != "good" {
				body = change(t, test.old, test.replacement)
			}
			got, err := Parse([]byte(body), Atomic)
			if test.reason == "" {
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Error(diff)
				}
				return
			}
			if err == nil || err.Error() != "the signed document "+test.reason || fault.KindOf(err) != fault.Integrity {
				t.Errorf("got %v (kind %d), want %q", err, fault.KindOf(err), test.reason)
			}
			if got != (Document{}) {
				t.Errorf("an error came with %+v", got)
			}
		})
	}
}

func TestParseCosign(t *testing.T) {
	tests := []struct {
		name, optional, creator string
	}{
		{"annotations", `{"creator":"x","more":{"a":1}}`, "x"},
		{"null", "null", ""},
		{"odd creator", `{"creator":1}`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			body := strings.Replace(good, "atomic container signature", "cosign container image signature", 1)
			body = strings.Replace(body, `{"creator":"x 1","timestamp":1700000000}`, test.optional, 1)
			got, err := Parse([]byte(body), Cosign)
			want := Document{Digest: "sha256:" + hex, Reference: "quay.io/a/b:1", Creator: test.creator}
			if err != nil || got != want {
				t.Errorf("got %+v, %v, want %+v", got, err, want)
			}
		})
	}
	if _, err := Parse([]byte(good), Cosign); err == nil {
		t.Error("a document of the other form was taken")
	}
}
