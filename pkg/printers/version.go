package printers

import (
	"fmt"
	"io"

	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// PluginVersion shows which build of the plugin this is, on one line or as a document.
func PluginVersion(v *v1alpha1.PluginVersion) View {
	return View{Document: v, Text: func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "oc release-x %s (%s, %s)\n", v.Version, v.GoVersion, v.Platform)
		return err
	}}
}
