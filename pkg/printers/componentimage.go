package printers

import (
	"strings"

	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// ComponentImages shows a list of component images: as a table, or names, digests or pull specs alone.
func ComponentImages(list *v1alpha1.ComponentImageList) View {
	return View{
		Document: list,
		Table:    func() Table { return componentTable(list) },
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

// digestOrImage is the digest, or the whole pull spec of an image that has none, as oc shows it.
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
