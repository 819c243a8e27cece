package plugin

import (
	"context"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/printers"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// version is the version of a release build, set by the linker.
var version string

func newVersionCommand(f *factory) *cobra.Command {
	var output *outputFlags
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of this plugin",
		Args:  unknownCommand,
		RunE: f.run(func(context.Context, []string) (request, error) {
			out, err := output.output(f.Streams)
			return versionRequest{output: out}, err
		}),
	}
	output = newOutputFlags(cmd, printers.Forms{})
	return cmd
}

// versionRequest prints the version of this plugin.
type versionRequest struct {
	noHosts
	output *printers.Output
}

func (r versionRequest) run(ctx context.Context, s *session) error {
	return r.output.Print(ctx, s.Out, printers.PluginVersion(s.Name, buildVersion()))
}

// userAgent is the User-Agent header of requests.
func userAgent() string { return "oc-release-x/" + buildVersion().Version }

// buildVersion returns the version and commit of this build: set by the linker, else by the go command.
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
