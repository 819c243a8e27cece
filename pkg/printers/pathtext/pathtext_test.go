package pathtext_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/printers/pathtext"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

func TestLines(t *testing.T) {
	tests := []struct {
		name     string
		from, to any
		want     string
		short    bool
	}{
		{"numbers", 1, 2.5, "-1\n+2.5", true},
		{"a text that looks like a number", "1", "two", "-\"1\"\n+two", true},
		{"added", nil, []any{"a", 1}, "+- a\n+- 1", false},
		{"removed", map[string]any{"b": true}, nil, "-b: true", false},
		{"another type", "a", map[string]any{"b": "c", "d": "e"}, "-a\n+b: c\n+d: e", false},
		{"lines of a text", "a\n  b\nc\n", "a\n  x\nc\n", " a\n-  b\n+  x\n c", false},
		{"parts of a text", "a\nb\nc\nd\ne\nf\n", "x\nb\nc\nd\ne\ny\n", "-a\n+x\n b\n \n e\n-f\n+y", false},
		{"a text of several lines alone", nil, "a\nb\n", "+|\n+  a\n+  b", false},
		{"what terminals act on", "\x1b[31m", "a\u202eb", "-\\x1b[31m\n+a\\u202eb", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := v1alpha1.PathDiff{From: test.from, To: test.to}
			var got []string
			for _, line := range pathtext.Lines(path) {
				if line.Sign == "" {
					line.Sign = " "
				}
				got = append(got, line.Sign+line.Text)
			}
			if diff := cmp.Diff(test.want, strings.Join(got, "\n")); diff != "" {
				t.Error(diff)
			}
			if _, _, short := pathtext.Short(path); short != test.short {
				t.Errorf("short: %v", short)
			}
		})
	}
}
