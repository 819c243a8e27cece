package manifest_test

import (
	"strings"
	"testing"
)

// Images match whole words in string values.
func TestMentions(t *testing.T) {
	const tagged, digest, pinned = "quay.io/o/e:1", "sha256:12", "quay.io/o/e@sha256:12"
	for name, test := range map[string]struct {
		body, images string
		want         bool
	}{
		"by tag":                 {"spec: {image: quay.io/o/e:1}", tagged, true},
		"by digest":              {"spec: [a, {image: quay.io/o/e@sha256:12}]", pinned, true},
		"digest in a mirror":     {"spec: {image: m.example/x/sha256@sha256:12}", digest, true},
		"one of several":         {"spec: {image: quay.io/o/e:1}", "quay.io/o/f:1," + tagged, true},
		"longer tag":             {"spec: {image: quay.io/o/e:10}", tagged, false},
		"tag with a dot":         {"spec: {image: quay.io/o/e:1.2}", tagged, false},
		"tag with a digest":      {"spec: {image: quay.io/o/e:1@sha256:12}", tagged, false},
		"longer digest":          {"spec: {image: quay.io/o/e@sha256:123}", pinned + "," + digest, false},
		"longer host":            {"spec: {image: my-quay.io/o/e:1}", tagged, false},
		"below another host":     {"spec: {image: m.example/quay.io/o/e:1}", tagged, false},
		"a comment":              {"spec: {image: x} # quay.io/o/e:1", tagged, false},
		"a key":                  {"spec: {quay.io/o/e:1: x}", tagged, false},
		"longer, then itself":    {"spec: {args: quay.io/o/e:10 quay.io/o/e:1}", tagged, true},
		"argument":               {"spec: {args: [--image=quay.io/o/e:1]}", tagged, true},
		"list in a text":         {"spec: {images: 'e=quay.io/o/e:1,f=x'}", tagged, true},
		"JSON in a text":         {`spec: {images: '{"e": "quay.io/o/e:1"}'}`, tagged, true},
		"end of a sentence":      {"spec: {text: It runs quay.io/o/e:1.}", tagged, true},
		"transport":              {"spec: {image: 'docker://quay.io/o/e:1'}", tagged, true},
		"transport of an ostree": {"spec: {image: 'ostree-unverified-registry:quay.io/o/e:1'}", tagged, true},
		"nothing is asked":       {"spec: {image: quay.io/o/e:1}", "", false},
		"what cannot be read":    {"spec: [quay.io/o/e:1", tagged, true},
		"not in what cannot be":  {"spec: [quay.io/o/e:10", tagged, false},
	} {
		t.Run(name, func(t *testing.T) {
			o := load(file("a.yaml", config("a").holding(test.body+"\n").String())).Objects[0]
			if got := o.Mentions(strings.Split(test.images, ",")...); got != test.want {
				t.Errorf("%t, want %t", got, test.want)
			}
		})
	}
}
