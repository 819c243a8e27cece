package printers

import (
	"fmt"
	"io"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// ComponentImages returns the view of component images: a table, or only names, digests or pull specs. For several releases, the
// table has a column for each of them, and with wide a row for each image of each release.
func ComponentImages(list *v1alpha1.ComponentImageList) View {
	rows := func() Table { return componentTable(list) }
	table, wide := rows, (func() Table)(nil)
	if len(list.Releases) > 0 {
		table, wide = func() Table { return releaseColumns(list) }, rows
	}
	return View{
		Document:  list,
		Table:     table,
		WideTable: wide,
		Lines: map[string]func() []string{
			"name":     lines(list, func(c v1alpha1.ComponentImage) string { return c.Metadata.Name }),
			"digest":   lines(list, digestOrImage),
			"pullspec": lines(list, func(c v1alpha1.ComponentImage) string { return c.Image }),
		},
	}
}

func lines(list *v1alpha1.ComponentImageList, value func(v1alpha1.ComponentImage) string) func() []string {
	return func() []string {
		texts := make([]string, 0, len(list.Items))
		for _, item := range list.Items {
			texts = append(texts, value(item))
		}
		return texts
	}
}

// digestOrImage returns the digest of an image, or its pull spec if it has none, as oc does.
func digestOrImage(c v1alpha1.ComponentImage) string {
	if c.Digest != "" {
		return c.Digest
	}
	return c.Image
}

func componentTable(list *v1alpha1.ComponentImageList) Table {
	several := len(list.Releases) > 0
	t := Table{Columns: []Column{
		{Name: "Name", Wrap: true},
		{Name: "Digest", Digest: true},
		{Name: "Pullspec", Wide: true},
		{Name: "Repository", Wide: true},
		{Name: "Commit", Wide: true},
		{Name: "Versions", Wide: true},
		{Name: "Purpose", Wide: true},
	}}
	if several {
		t.Columns = append([]Column{{Name: "Release", Wrap: true}}, t.Columns...)
	}
	for _, item := range list.Items {
		row := []any{
			item.Metadata.Name, digestOrImage(item), item.Image,
			orNone(item.Repository), orNone(item.Commit), orNone(versions(item.Versions)), orNone(item.Purpose),
		}
		if several {
			row = append([]any{item.Release.Version}, row...)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// releaseColumns returns a table of the digests of several releases, with a column for each of them.
func releaseColumns(list *v1alpha1.ComponentImageList) Table {
	t := Table{Columns: []Column{{Name: "Name", Wrap: true}}}
	for _, heading := range releaseHeadings(list.Releases) {
		t.Columns = append(t.Columns, Column{Name: heading, Digest: true})
	}
	digests := map[string][]any{}
	for _, name := range list.Names() {
		row := []any{name}
		for range list.Releases {
			row = append(row, "<none>")
		}
		digests[name] = row
		t.Rows = append(t.Rows, row)
	}
	for _, item := range list.Items {
		digests[item.Metadata.Name][1+item.ReleaseIndex()] = digestOrImage(item)
	}
	return t
}

// releaseHeadings returns the version of each release, followed by the place of the release if several have the same version.
func releaseHeadings(releases []v1alpha1.Release) []string {
	count := map[string]int{}
	for _, release := range releases {
		count[release.Version]++
	}
	headings := make([]string, len(releases))
	for i, release := range releases {
		headings[i] = release.Version
		if release.Version == "" || count[release.Version] > 1 {
			headings[i] = strings.TrimSpace(fmt.Sprintf("%s (%d)", release.Version, i+1))
		}
	}
	return headings
}

func versions(list []v1alpha1.ComponentVersion) string {
	var texts []string
	for _, v := range list {
		texts = append(texts, v.Name+"="+v.Version)
	}
	return strings.Join(texts, ",")
}

func orNone(text string) string {
	if text == "" {
		return "<none>"
	}
	return text
}

// ReleaseManifests returns the view of the objects of a payload: a table, or one KIND.GROUP/NAME per line. withState adds the
// state of each object and its reason to the default table.
func ReleaseManifests(list *v1alpha1.ReleaseManifestList, withState bool) View {
	return View{
		Document: list,
		Consume:  true, // with --objects the list may be large
		Table:    func() Table { return manifestTable(list, withState) },
		Lines: map[string]func() []string{"name": func() []string {
			names := make([]string, 0, len(list.Items))
			for _, item := range list.Items {
				if item.Object.Name != "" && item.Object.Kind != "" { // invalid objects have no name
					names = append(names, objectName(item.Object))
				}
			}
			return names
		}},
	}
}

func manifestTable(list *v1alpha1.ReleaseManifestList, withState bool) Table {
	t := Table{Columns: []Column{
		{Name: "Index"},
		{Name: "Level"},
		{Name: "Component", Wrap: true},
		{Name: "Kind", Wrap: true},
		{Name: "Namespace", Wrap: true},
		{Name: "Name", Wrap: true},
		{Name: "File", Wide: true},
		{Name: "Document", Wide: true},
		{Name: "Capability", Wide: true},
		{Name: "Features", Wide: true},
		{Name: "State", Wide: !withState},
		{Name: "Reason", Wide: !withState, Wrap: true, Below: true},
	}}
	for _, m := range list.Items {
		index := "<none>"
		if m.Index > 0 {
			index = fmt.Sprint(m.Index)
		}
		t.Rows = append(t.Rows, []any{
			index, orNone(m.Level), orNone(m.Component), orNone(m.Object.Kind), orNone(m.Object.Namespace), orNone(m.Object.Name),
			m.File, int64(m.Document), orNone(strings.Join(m.Capabilities, "+")),
			orNone(strings.Join(append(append([]string{}, m.FeatureSets...), m.FeatureGates...), ",")),
			m.State, orNone(m.Reason),
		})
	}
	return t
}

// objectName returns the name of an object as kubectl writes it: deployment.apps/NAME.
func objectName(o v1alpha1.ObjectReference) string {
	kind := strings.ToLower(o.Kind)
	if group, _, grouped := strings.Cut(o.APIVersion, "/"); grouped {
		kind += "." + group
	}
	return kind + "/" + o.Name
}

// CacheEntries returns the view of the entries of a cache: a table with ages relative to now, or one digest per line.
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

// age returns the time since the last use. A time in the future, from a wrong clock, counts as now.
func age(used string, now time.Time) string {
	at, err := time.Parse(time.RFC3339, used)
	if err != nil {
		return "<unknown>"
	}
	return duration.HumanDuration(max(0, now.Sub(at)))
}

// Size formats a number of bytes as flags accept it: 512, 48Ki, 1.8Mi.
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

// ReleaseVerification returns the view of checks as a table. Images that exist are one row together, unless wide is set.
func ReleaseVerification(v *v1alpha1.ReleaseVerification, wide bool) View {
	return View{Document: v, Table: func() Table { return checkTable(v, wide) }}
}

func checkTable(v *v1alpha1.ReleaseVerification, wide bool) Table {
	t := Table{Columns: []Column{
		{Name: "Check"}, {Name: "Result", Result: true}, {Name: "Subject", Wrap: true}, {Name: "Reason", Wrap: true, Below: true}, {Name: "Key", Wide: true}, {Name: "Digest", Wide: true},
	}}
	for _, c := range summarize(v.Checks, wide) {
		t.Rows = append(t.Rows, []any{c.Name, c.Result, orNone(c.Subject), orNone(c.Reason), orNone(c.Key), orNone(c.Digest)})
	}
	return t
}

// summarize combines the images that exist in one row and those that could not be checked in another. Failed images keep their
// rows.
func summarize(checks []v1alpha1.Check, wide bool) []v1alpha1.Check {
	if wide {
		return checks
	}
	combined := map[string]int{} // index in rows, by result
	count := map[string]int{}
	var rows []v1alpha1.Check
	for _, c := range checks {
		if c.Name != "image" || c.Result == v1alpha1.Fail || c.Subject == "" {
			rows = append(rows, c)
			continue
		}
		count[c.Result]++
		if _, ok := combined[c.Result]; !ok {
			combined[c.Result] = len(rows)
			rows = append(rows, v1alpha1.Check{Name: c.Name, Result: c.Result, Reason: c.Reason})
		}
		rows[combined[c.Result]].Subject = fmt.Sprintf("%d component images", count[c.Result])
	}
	return rows
}

// PluginVersion returns the view of the version of the plugin. name is the command by which the plugin was called.
func PluginVersion(name string, v *v1alpha1.PluginVersion) View {
	return View{Document: v, Text: func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s %s (%s, %s)\n", name, v.Version, v.GoVersion, v.Platform)
		return err
	}}
}
