package plugin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/completion"
	"github.com/release-x/oc-release-x/internal/wholefile"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

func newCompletionInstallCommand(f *factory) *cobra.Command {
	return &cobra.Command{
		Use:   "install [DIR]",
		Short: "Write the scripts that oc and kubectl call for completion",
		Long: `Write the scripts oc_complete-release_x and kubectl_complete-release_x, which oc and kubectl call to
complete the words after release-x; on Windows .cmd files.

DIR must be on the PATH. By default, it is the directory on the PATH that has the plugin, such as
$KREW_ROOT/bin. The scripts name no directory, so they work with every version of the plugin. Files
that are not such scripts are not overwritten.`,
		Example: examples(f.Name, `
# Beside the plugin
%[1]s completion install

# In a directory of your own
%[1]s completion install ~/.local/bin`),
		Args: cobra.ArbitraryArgs,
		RunE: f.run(func(_ context.Context, args []string) (request, error) {
			switch {
			case len(args) > 1:
				return nil, f.seeHelp("completion install", "completion install takes one directory")
			case len(args) == 1 && args[0] == "":
				return nil, fault.Errorf(fault.Usage, "completion install: the name of the directory is empty")
			case len(args) == 1:
				return installRequest{dir: args[0]}, nil
			}
			dir, err := pluginDirectory(f.searchPath())
			return installRequest{dir: dir}, err
		}),
		ValidArgsFunction: directories,
	}
}

// searchPath returns the absolute directories of the PATH.
func (f *factory) searchPath() []string {
	return slices.DeleteFunc(filepath.SplitList(f.Getenv("PATH")), func(dir string) bool { return !filepath.IsAbs(dir) })
}

// pluginDirectory returns the first directory of the PATH that has the plugin.
func pluginDirectory(searchPath []string) (string, error) {
	ending := ""
	if runtime.GOOS == "windows" {
		ending = ".exe"
	}
	for _, dir := range searchPath {
		for _, name := range []string{"kubectl-release_x", "oc-release_x"} {
			if info, err := os.Stat(filepath.Join(dir, name+ending)); err == nil && !info.IsDir() {
				return dir, nil
			}
		}
	}
	return "", fault.Errorf(fault.Usage, "no directory of the PATH has oc-release_x or kubectl-release_x: name a directory for the scripts with completion install DIR")
}

// installRequest writes the scripts that oc and kubectl call for completion.
type installRequest struct {
	noHosts
	dir string
}

func (r installRequest) run(_ context.Context, s *session) error {
	if err := installScripts(s, r.dir, runtime.GOOS); err != nil {
		return err
	}
	f := factory{Environment: s.Environment}
	if slices.ContainsFunc(f.searchPath(), func(dir string) bool { return sameFile(dir, r.dir) }) {
		return nil
	}
	_, err := fmt.Fprintf(s.Out, "%s is not on the PATH: oc and kubectl run the scripts once it is\n", r.dir)
	return err
}

// installScripts writes the scripts for an operating system. If another file has the name of one, it writes none.
func installScripts(s *session, dir, system string) error {
	names := completion.Names(system)
	for _, name := range names {
		if err := checkScript(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return installError(err)
	}
	for _, name := range names {
		path := filepath.Join(dir, name)
		content, err := completion.Scripts.ReadFile(name)
		if err != nil {
			return err
		}
		if err := wholefile.Write(path, content); err != nil {
			return installError(err)
		}
		if err := os.Chmod(path, 0o755); err != nil {
			return installError(err)
		}
		if _, err := fmt.Fprintln(s.Out, "wrote "+path); err != nil {
			return err
		}
	}
	return nil
}

func installError(err error) error {
	return fault.WithHint(fault.Local, "name another directory of the PATH with completion install DIR", "%w", err)
}

// checkScript refuses to replace a file that is not a script of this plugin.
func checkScript(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return installError(err)
	}
	if info.Mode().IsRegular() && info.Size() < maxInputSize {
		content, err := os.ReadFile(path)
		if err != nil {
			return installError(err)
		}
		if bytes.Contains(content, []byte(completion.Mark)) {
			return nil
		}
	}
	return fault.Errorf(fault.Local, "%s exists and is not a script of this plugin: move it away, or name another directory", path)
}
