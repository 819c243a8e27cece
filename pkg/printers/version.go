package printers

import (
	"fmt"
	"io"

	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// PluginVersion shows which build of the plugin this is, on one line or as a document.
// name is how the plugin was called.
func PluginVersion(name string, v *v1alpha1.PluginVersion) View {
	return View{Document: v, Text: func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s %s (%s, %s)\n", name, v.Version, v.GoVersion, v.Platform)
		return err
	}}
}
