// Package contest has programs do the same jobs in turn, and keeps what each of them cost.
package contest

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Plugin is the name of the program that the others are compared with.
const Plugin = "release-x"

// Programs are the paths of the programs that compete or help, by name; those that are not here are missing.
type Programs map[string]string

// FindPrograms looks for peers in a directory and then in the directories of a PATH. plugin is the path of the plugin.
func FindPrograms(plugin, folder, path string) Programs {
	found := Programs{Plugin: plugin}
	for _, name := range []string{"oc", "regctl", "crane", "skopeo", "jq", "gojq", "tar", "xargs"} {
		for _, dir := range append([]string{folder}, filepath.SplitList(path)...) {
			file, err := filepath.Abs(filepath.Join(dir, name))
			if err != nil {
				continue
			}
			if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
				found[name] = file
				break
			}
		}
	}
	return found
}

// NotHere is the end of why a contestant whose program is missing has no values.
const NotHere = " is not on the PATH"

// Missing tells why a contestant cannot run; empty when it can.
func (p Programs) Missing(c Contestant) string {
	for _, name := range c.Needs {
		if p[name] == "" {
			return name + NotHere
		}
	}
	return ""
}

// Version tells which version of a program is measured, in one line.
func (p Programs) Version(name string) string {
	file := p[name]
	if file == "" {
		return "not on the PATH"
	}
	// Programs that go install built know the version of their module; the others are asked.
	if info, err := buildinfo.ReadFile(file); err == nil && strings.HasPrefix(info.Main.Version, "v") && name != Plugin {
		return info.Main.Version + ", " + info.GoVersion
	}
	args := map[string][]string{Plugin: {"version"}, "oc": {"version", "--client"}}[name]
	if args == nil {
		args = []string{"--version"}
	}
	out, err := exec.Command(file, args...).Output()
	if err != nil {
		return fmt.Sprintf("unknown: %v", err)
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return first
}
