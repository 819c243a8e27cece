package printers_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/printers"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

func TestCacheEntries(t *testing.T) {
	now := time.Date(2023, 10, 31, 12, 0, 0, 0, time.UTC)
	at := func(ago time.Duration) string { return now.Add(-ago).Format(time.RFC3339) }
	list := v1alpha1.NewCacheEntryList([]v1alpha1.CacheEntry{
		{Digest: "sha256:a", Content: "layer", Size: 1_932_966, LastUsed: at(72 * time.Hour), References: []string{"a.b/c:1", "a.b/c:2"}},
		{Digest: "sha256:b", Content: "blob", Size: 7, Partial: true, LastUsed: at(-time.Hour)},
		{Digest: "sha256:c", Content: "config", Size: 1023, LastUsed: "?"},
	})
	for form, want := range map[string]string{
		"": `DIGEST     KIND           SIZE    AGE         RELEASE
sha256:a   layer          1.8Mi   3d          a.b/c:1,a.b/c:2
sha256:b   blob,partial   7       0s          <none>
sha256:c   config         1023    <unknown>   <none>
`,
		"name":                 "sha256:a\nsha256:b\nsha256:c\n",
		"jsonpath={.items[0]}": `{"apiVersion":"release-x.openshift.io/v1alpha1","content":"layer","digest":"sha256:a","kind":"CacheEntry","lastUsed":"2023-10-28T12:00:00Z","metadata":{"name":"sha256:a"},"references":["a.b/c:1","a.b/c:2"],"size":1932966}`,
	} {
		output, err := printers.NewOutput(withKubectl(printers.Options{Output: form, Forms: printers.Forms{Table: true, Lines: []string{"digest", "name"}}}))
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := output.Print(t.Context(), &b, printers.CacheEntries(list, now)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, b.String()); diff != "" {
			t.Errorf("%s: %s", form, diff)
		}
	}
}

func TestSize(t *testing.T) {
	for bytes, want := range map[int64]string{0: "0", 1023: "1023", 1024: "1.0Ki", 10 << 10: "10Ki", 2 << 30: "2.0Gi", 5 << 50: "5120Ti"} {
		if got := printers.Size(bytes); got != want {
			t.Errorf("%d: %s, want %s", bytes, got, want)
		}
	}
}
