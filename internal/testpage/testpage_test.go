package testpage_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testpage"
)

const page = "# A\n\n```console\n$ oc release-x version\nold\n```\nthen\n```sh\n# needs a cluster\noc get nodes\n```\n```console\n$ many\n1\n…\n```\n```console\n$ copy\n  Time:   0s\n```\n```go\npackage x\n```\nend\n"

func TestBlocks(t *testing.T) {
	want := []testpage.Block{
		{Command: "oc release-x version", Console: true, Shown: "old\n", Before: "# A\n\n"},
		{Command: "# needs a cluster\noc get nodes\n", Needs: "a cluster", Before: "\nthen\n"},
		{Command: "many", Console: true, Shown: "1\n…\n", Before: "\n"},
		{Command: "copy", Console: true, Shown: "  Time:   0s\n", Before: "\n"},
	}
	if diff := cmp.Diff(want, testpage.Blocks(page)); diff != "" {
		t.Errorf("blocks (-want +got):\n%s", diff)
	}
}

func TestRewrite(t *testing.T) {
	got := testpage.Rewrite(page, func(b testpage.Block) (string, bool) {
		outputs := map[string]string{"many": "1\n2\n3\n", "copy": "  Time:   12s\n", "oc release-x version": "new"}
		output, ok := outputs[b.Command]
		return output, ok
	})
	want := "# A\n\n```console\n$ oc release-x version\nnew\n```\nthen\n```sh\n# needs a cluster\noc get nodes\n```\n```console\n$ many\n1\n…\n```\n```console\n$ copy\n  Time:   0s\n```\n```go\npackage x\n```\nend\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("page (-want +got):\n%s", diff)
	}
}

func TestWords(t *testing.T) {
	got, err := testpage.Words(`oc release-x images  'a b' "c'd" --jq ''`)
	if want := []string{"oc", "release-x", "images", "a b", "c'd", "--jq", ""}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if args := testpage.Arguments(got); !slices.Equal(args, got[2:]) {
		t.Errorf("arguments %q", args)
	}
	if args := testpage.Arguments([]string{"oc", "get", "nodes"}); args != nil {
		t.Errorf("arguments %q of another program", args)
	}
	if words, err := testpage.Words(`oc 'a`); err == nil {
		t.Errorf("got %q", words)
	}
}
