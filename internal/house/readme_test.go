package house_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/release-x/oc-release-x/internal/testpage"
	"github.com/release-x/oc-release-x/pkg/plugin"
)

var update = flag.Bool("update", false, "write what the program prints into the README")

// TestReadmeShowsRealOutput runs every command in the README, in a directory with the examples and with the registries of
// serveReadme, and compares the output. With -update it writes the output into the README. A line of … stands for the rest of the
// output.
func TestReadmeShowsRealOutput(t *testing.T) {
	readme, err := filepath.Abs(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	work, home := t.TempDir(), t.TempDir()
	if err := os.CopyFS(filepath.Join(work, "examples"), os.DirFS(filepath.Join("..", "..", "examples"))); err != nil {
		t.Fatal(err)
	}
	t.Chdir(work)
	proxy := serveReadme(t, home)
	shown := 0
	after := testpage.Rewrite(string(before), func(b testpage.Block) (string, bool) {
		if !b.Console {
			return "", false
		}
		words, err := testpage.Words(b.Command)
		if err != nil {
			t.Fatalf("%s: %v", b.Command, err)
		}
		args := testpage.Arguments(words)
		if args == nil {
			return "", false
		}
		shown++
		return execute(args, home, proxy), true
	})
	after = flagSection(after)
	if shown < 10 {
		t.Errorf("only %d commands found in the README", shown)
	}
	if *update {
		if err := os.WriteFile(readme, []byte(after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(after, string(before)); diff != "" {
		t.Errorf("the README differs from the output of the program (go test ./internal/house -update fixes it):\n%s", diff)
	}
}

// execute runs a command line without any configuration beside a proxy and the certificates below home.
func execute(args []string, home, proxy string) string {
	var out bytes.Buffer
	plugin.Execute(context.Background(), plugin.Environment{
		Streams: plugin.Streams{In: strings.NewReader(""), Out: &out, ErrOut: &out},
		Getenv:  func(name string) string { return map[string]string{"HTTPS_PROXY": proxy}[name] },
		Home:    home,
		Name:    "oc release-x",
	}, args)
	return out.String()
}

// flagSection writes the flags of all commands between the two marks.
func flagSection(text string) string {
	const open, end = "<!-- flags -->\n", "<!-- /flags -->"
	before, rest, _ := strings.Cut(text, open)
	_, after, _ := strings.Cut(rest, end)
	root := plugin.NewCommand(plugin.Environment{Getenv: func(string) string { return "" }, Name: "oc release-x"})
	rows := []flagRow{}
	root.PersistentFlags().VisitAll(func(f *pflag.Flag) { rows = append(rows, flagRow{f, "all"}) })
	for _, command := range append(root.Commands(), subCommands(root)...) {
		name := strings.TrimPrefix(command.CommandPath(), root.CommandPath()+" ")
		command.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden && f.Name != "help" {
				rows = addFlag(rows, f, name)
			}
		})
	}
	var b strings.Builder
	b.WriteString("| flag | commands | meaning |\n|---|---|---|\n")
	for _, row := range rows {
		b.WriteString(row.markdown())
	}
	return before + open + "\n" + b.String() + "\n" + end + after
}

// subCommands returns the subcommands of all commands.
func subCommands(root *cobra.Command) []*cobra.Command {
	var list []*cobra.Command
	for _, command := range root.Commands() {
		list = append(list, command.Commands()...)
	}
	return list
}

// flagRow is a flag with the same meaning in one or more commands.
type flagRow struct {
	flag     *pflag.Flag
	commands string
}

// addFlag adds a command to the row of a flag with the same meaning, or adds a row.
func addFlag(rows []flagRow, f *pflag.Flag, command string) []flagRow {
	for i, row := range rows {
		if row.flag.Name == f.Name && row.usage() == usage(f) {
			rows[i].commands += ", " + command
			return rows
		}
	}
	return append(rows, flagRow{f, command})
}

func (r flagRow) usage() string { return usage(r.flag) }

// usage returns the meaning of a flag, without the list of output formats, which differs between commands.
func usage(f *pflag.Flag) string {
	text, _, _ := strings.Cut(f.Usage, ". One of: (")
	return strings.ReplaceAll(text, "|", `\|`)
}

func (r flagRow) markdown() string {
	f, name := r.flag, "--"+r.flag.Name
	if f.Shorthand != "" {
		name = "-" + f.Shorthand + ", " + name
	}
	text := r.usage()
	if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" && f.DefValue != "0" && f.DefValue != "0s" {
		text += " (default `" + f.DefValue + "`)"
	}
	return "| `" + name + "` | " + r.commands + " | " + text + " |\n"
}
