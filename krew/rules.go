package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/blang/semver/v4"
)

// The operating systems and architectures that krew's validator accepts. linux/s390x is not among them.
func krewPlatforms() []string {
	return []string{
		"darwin/386", "darwin/amd64", "darwin/arm64",
		"linux/386", "linux/amd64", "linux/arm", "linux/arm64", "linux/ppc64le",
		"windows/386", "windows/amd64", "windows/arm64",
	}
}

// check applies the rules of krew and krew-index to a manifest and returns every violation.
// The rules are those of kubernetes-sigs/krew: internal/index/validation/validate.go and
// cmd/validate-krew-manifest/main.go.
func check(p plugin) error {
	problems := []error{
		want("apiVersion", p.APIVersion, "krew.googlecontainertools.github.com/v1alpha2"),
		want("kind", p.Kind, "Plugin"),
		want("metadata.name", p.Metadata.Name, pluginName),
		checkName(p.Metadata.Name),
		checkVersion(p.Spec.Version),
		checkText("shortDescription", p.Spec.ShortDescription, 70),
		checkText("description", p.Spec.Description, 80),
		checkText("caveats", p.Spec.Caveats, 80),
	}
	if strings.ContainsAny(p.Spec.ShortDescription, "\r\n") {
		problems = append(problems, errors.New("shortDescription: more than one line"))
	}
	if !strings.HasPrefix(p.Spec.Homepage, "https://") {
		problems = append(problems, fmt.Errorf("homepage: %q is no https address", p.Spec.Homepage))
	}
	if len(p.Spec.Platforms) == 0 {
		problems = append(problems, errors.New("platforms: none"))
	}
	selected := map[string]int{}
	for i, platform := range p.Spec.Platforms {
		if err := checkPlatform(p.Metadata.Name, platform); err != nil {
			problems = append(problems, fmt.Errorf("platforms[%d]: %w", i, err))
		}
		for _, name := range selectedBy(platform.Selector) {
			if first, twice := selected[name]; twice {
				problems = append(problems, fmt.Errorf("platforms[%d]: %s is selected by platforms[%d] too", i, name, first))
			}
			selected[name] = i
		}
	}
	return errors.Join(problems...)
}

func want(field, got, want string) error {
	if got != want {
		return fmt.Errorf("%s: %q, want %q", field, got, want)
	}
	return nil
}

// checkName requires lower case and hyphens, as krew-index does. krew accepts any word.
func checkName(name string) error {
	if !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(name) {
		return fmt.Errorf("metadata.name: %q is not of lower-case words and hyphens", name)
	}
	return nil
}

func checkVersion(version string) error {
	number, hasV := strings.CutPrefix(version, "v")
	if !hasV {
		return fmt.Errorf("version: %q does not begin with v", version)
	}
	if _, err := semver.Parse(number); err != nil {
		return fmt.Errorf("version: %q: %w", version, err)
	}
	return nil
}

// checkText refuses a text with long lines. A line of one word, such as an address, may be longer.
func checkText(field, text string, width int) error {
	if strings.TrimSpace(text) == "" {
		return fmt.Errorf("%s: empty", field)
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if len(line) > width && strings.Contains(line, " ") {
			return fmt.Errorf("%s: a line of %d characters, krew-index takes %d", field, len(line), width)
		}
	}
	return nil
}

func checkPlatform(name string, p platform) error {
	problems := []error{checkSelector(p.Selector), checkBin(name, p)}
	if !strings.HasPrefix(p.URI, "https://") || !(strings.HasSuffix(p.URI, ".tar.gz") || strings.HasSuffix(p.URI, ".zip")) {
		problems = append(problems, fmt.Errorf("uri: %q is no https address of a .tar.gz or .zip", p.URI))
	}
	if !regexp.MustCompile(`^[a-f0-9]{64}$`).MatchString(p.Sha256) {
		problems = append(problems, fmt.Errorf("sha256: %q is not 64 lower-case hex digits", p.Sha256))
	}
	if p.Files != nil && len(p.Files) == 0 {
		problems = append(problems, errors.New("files: given but empty"))
	}
	for _, file := range p.Files {
		if file.From == "" || file.To == "" {
			problems = append(problems, errors.New("files: from and to are both needed"))
		}
	}
	return errors.Join(problems...)
}

// checkBin requires the name of krew's link, with which the plugin also works when it is unpacked by hand.
func checkBin(name string, p platform) error {
	bin := "kubectl-" + strings.ReplaceAll(name, "-", "_")
	if p.Selector != nil && p.Selector.MatchLabels["os"] == "windows" {
		bin += ".exe"
	}
	if p.Bin != filepath.Base(p.Bin) {
		return fmt.Errorf("bin: %q is not at the top of the archive", p.Bin)
	}
	return want("bin", p.Bin, bin)
}

func checkSelector(s *selector) error {
	if s == nil || len(s.MatchLabels) == 0 {
		return errors.New("selector: empty, krew takes none for all")
	}
	for key := range s.MatchLabels {
		if key != "os" && key != "arch" {
			return fmt.Errorf("selector: key %q is neither os nor arch", key)
		}
	}
	if len(selectedBy(s)) == 0 {
		return fmt.Errorf("selector: %v is no platform of krew's", s.MatchLabels)
	}
	return nil
}

// selectedBy returns krew's platforms that match a selector, as os/arch.
func selectedBy(s *selector) []string {
	if s == nil {
		return nil
	}
	return slices.DeleteFunc(krewPlatforms(), func(name string) bool {
		os, arch, _ := strings.Cut(name, "/")
		labels := map[string]string{"os": os, "arch": arch}
		for key, value := range s.MatchLabels {
			if labels[key] != value {
				return true
			}
		}
		return false
	})
}
