package plugin

import (
	"context"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/printers"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// version is set by the linker in builds of releases.
var version string

func newVersionCommand(f *factory) *cobra.Command {
	var output *outputFlags
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of this plugin",
		Args:  unknownCommand,
		RunE: f.run(func(ctx context.Context, _ []string) error {
			out, err := output.output(f.Streams)
			if err != nil {
				return err
			}
			return out.Print(ctx, f.Out, printers.PluginVersion(f.Name, buildVersion()))
		}),
	}
	output = newOutputFlags(cmd, printers.Forms{})
	return cmd
}

// buildVersion is what is known of this build: set by the linker, else stamped by the go command.
func buildVersion() *v1alpha1.PluginVersion {
	text, commit := version, ""
	if info, ok := debug.ReadBuildInfo(); ok {
		if text == "" {
			text = info.Main.Version
		}
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				commit = setting.Value
			}
		}
	}
	if text == "" {
		text = "(devel)"
	}
	return v1alpha1.NewPluginVersion(text, commit, runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH)
}
