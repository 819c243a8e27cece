package printers

import (
	"fmt"
	"strings"

	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// ReleaseManifests shows the objects of a payload: as a table, or as KIND.GROUP/NAME one a line. withState
// shows in the plain table the state of each object and the reason.
func ReleaseManifests(list *v1alpha1.ReleaseManifestList, withState bool) View {
	return View{
		Document: list,
		Consume:  true, // with --objects the list may be large
		Table:    func() Table { return manifestTable(list, withState) },
		Lines: map[string]func() []string{"name": func() []string {
			names := make([]string, 0, len(list.Items))
			for _, item := range list.Items {
				if item.Object.Name != "" && item.Object.Kind != "" { // what cannot be read has no name
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

// objectName is an object as kubectl names it: deployment.apps/NAME.
func objectName(o v1alpha1.ObjectReference) string {
	kind := strings.ToLower(o.Kind)
	if group, _, grouped := strings.Cut(o.APIVersion, "/"); grouped {
		kind += "." + group
	}
	return kind + "/" + o.Name
}
