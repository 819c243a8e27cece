package payload_test

import (
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload"
)

func TestHideUserinfo(t *testing.T) {
	hex := strings.Repeat("a", 64)
	for text, want := range map[string]string{
		"":                                 "",
		"quay.io/org/r":                    "quay.io/org/r",
		"quay.io/org/r:tag":                "quay.io/org/r:tag",
		"quay.io/org/r@sha256:" + hex:      "quay.io/org/r@sha256:" + hex,
		"quay.io/org/r@sha256:00":          "quay.io/org/r@sha256:00",
		"quay.io/org/r@SHA256:00":          "quay.io/org/r@SHA256:00",
		"quay.io/org/r@md5:00":             "quay.io/org/r@md5:00",
		"user:CANARY@quay.io/r":            "***@quay.io/r",
		"user:CANARY@quay.io/r@sha256:00":  "***@quay.io/r@sha256:00",
		"user:CA@NA/RY@quay.io:5000/r:tag": "***@quay.io:5000/r:tag",
		"https://user:CANARY@quay.io/r":    "https://***@quay.io/r",
		"https://CANARY@quay.io/r":         "https://***@quay.io/r",
		"docker://user:CA://NARY@quay.io":  "docker://***@quay.io",
		"user:CA://NARY@quay.io/r":         "***@quay.io/r",
		"user:CANARY PASS\"@quay.io/r":     "***@quay.io/r",
		"@quay.io/r":                       "***@quay.io/r",
		"user:CANARY@":                     "***@",
		"https://user:CANARY@sha256:5000/": "https://***@sha256:5000/",
		"user:CANARY@sha256:5000":          "***@sha256:5000",
	} {
		if got := payload.HideUserinfo(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestHideURLUserinfo(t *testing.T) {
	for text, want := range map[string]string{
		"no address at all: a@b": "no address at all: a@b",
		"get https://u:CANARY@a.example/x?y and http://CANARY@b.example": "get https://***@a.example/x?y and http://***@b.example",
		"docker://quay.io/r@sha256:00":                                   "docker://quay.io/r@sha256:00",
		`parse "https://u:CA@NARY@a":`:                                   `parse "https://***@a":`,
		"://":                                                            "://",
	} {
		if got := payload.HideURLUserinfo(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
