package printers_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/printers"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

const wholeDigest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// onTerminal prints a verification as a person sees it.
func onTerminal(t *testing.T, width int, color bool, output string) string {
	t.Helper()
	checks := []v1alpha1.Check{
		{Name: "digest-chain", Subject: "oci:release", Result: v1alpha1.Pass, Reason: "image " + wholeDigest + ", its configuration, image-references; all 2 layers", Digest: wholeDigest},
		{Name: "references", Subject: "PASS components", Result: v1alpha1.Fail, Reason: "short"},
		{Name: "signature", Result: v1alpha1.Skipped, Reason: "see " + strings.Repeat("x", 50)},
	}
	out, err := printers.NewOutput(printers.Options{
		Output: output, Terminal: width > 0, Width: width, Color: color, Forms: printers.Forms{Table: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	document := v1alpha1.NewReleaseVerification(v1alpha1.Release{}, checks, nil, false)
	if err := out.Print(context.Background(), &b, printers.ReleaseVerification(document, output == "wide")); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTableFitsTheTerminal(t *testing.T) {
	want := "" +
		"CHECK          RESULT    SUBJECT           REASON\n" +
		"digest-chain   PASS      oci:release       image sha256:0123456789ab, its\n" +
		"                                           configuration, image-references; all\n" +
		"                                           2 layers\n" +
		"references     FAIL      PASS components   short\n" +
		"signature      SKIPPED   <none>            see\n" +
		"                                           " + strings.Repeat("x", 37) + "\n" +
		"                                           " + strings.Repeat("x", 13) + "\n"
	if diff := cmp.Diff(want, trimmed(onTerminal(t, 80, false, ""))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTableInAPipeIsWhole(t *testing.T) {
	got := onTerminal(t, 0, false, "")
	if !strings.Contains(got, "image "+wholeDigest+", its configuration, image-references; all 2 layers\n") || strings.Count(got, "\n") != 4 {
		t.Error(got)
	}
	if got := onTerminal(t, 80, false, "wide"); !strings.Contains(got, wholeDigest) {
		t.Errorf("-o wide shortens digests:\n%s", got)
	}
}

// Results only have colors in their column.
func TestResultsHaveColours(t *testing.T) {
	got := onTerminal(t, 80, true, "")
	for _, want := range []string{"\x1b[32mPASS\x1b[0m      oci:release", "\x1b[31mFAIL\x1b[0m      PASS components", "\x1b[33mSKIPPED\x1b[0m   <none>"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%q", want, got)
		}
	}
	if n := strings.Count(got, "\x1b[0m"); n != 3 {
		t.Errorf("%d words have a colour, want 3:\n%q", n, got)
	}
}

// trimmed is a text without blanks at the end of lines.
func trimmed(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}
