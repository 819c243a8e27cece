package printers

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// CacheEntries shows what a cache holds: as a table, with ages as of now, or digests one a line.
func CacheEntries(list *v1alpha1.CacheEntryList, now time.Time) View {
	digests := func() []string {
		texts := make([]string, 0, len(list.Items))
		for _, entry := range list.Items {
			texts = append(texts, entry.Digest)
		}
		return texts
	}
	return View{
		Document: list,
		Table:    func() Table { return cacheTable(list, now) },
		Lines:    map[string]func() []string{"digest": digests, "name": digests},
	}
}

func cacheTable(list *v1alpha1.CacheEntryList, now time.Time) Table {
	t := Table{Columns: []Column{{Name: "Digest", Digest: true}, {Name: "Kind"}, {Name: "Size"}, {Name: "Age"}, {Name: "Release", Wrap: true, Below: true}}}
	for _, entry := range list.Items {
		kind := entry.Content
		if entry.Partial {
			kind += ",partial"
		}
		t.Rows = append(t.Rows, []any{entry.Digest, kind, Size(entry.Size), age(entry.LastUsed, now), orNone(strings.Join(entry.References, ","))})
	}
	return t
}

// age is how long something was not used; a time that lies ahead is a clock's mistake and no age.
func age(used string, now time.Time) string {
	at, err := time.Parse(time.RFC3339, used)
	if err != nil {
		return "<unknown>"
	}
	return duration.HumanDuration(max(0, now.Sub(at)))
}

// Size is a number of bytes as flags take it: 512, 48Ki, 1.8Mi.
func Size(bytes int64) string {
	units := []string{"", "Ki", "Mi", "Gi", "Ti"}
	value, unit := float64(bytes), 0
	for value >= 1024 && unit < len(units)-1 {
		value /= 1024
		unit++
	}
	if unit == 0 || value >= 10 {
		return fmt.Sprintf("%.0f%s", value, units[unit])
	}
	return fmt.Sprintf("%.1f%s", value, units[unit])
}
