package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

func TestManifestIsValid(t *testing.T) {
	p := readManifest(t)
	if err := check(p); err != nil {
		t.Error(err)
	}
	for _, call := range []string{"kubectl " + pluginName, "oc " + pluginName} {
		if !strings.Contains(p.Spec.Caveats, call) {
			t.Errorf("the caveats do not name the command %q", call)
		}
	}
}

// The manifest has every platform that both krew and the release know, with the archive that goreleaser builds.
func TestManifestHasWhatGoreleaserBuilds(t *testing.T) {
	got, config := readManifest(t), readGoreleaser(t)
	want, err := archives(config, got.Spec.Version)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got.Spec.Platforms {
		got.Spec.Platforms[i].Sha256 = ""
	}
	if diff := cmp.Diff(want, got.Spec.Platforms); diff != "" {
		t.Errorf("krew/plugin.yaml differs from what .goreleaser.yml builds (-goreleaser +krew):\n%s", diff)
	}
}

// A change of the configuration changes the archives that are compared above.
func TestArchivesFollowTheConfiguration(t *testing.T) {
	tests := []struct {
		name   string
		change func(*goreleaser)
		want   string // of the last platform: uri and bin
	}{
		{"as it is", func(*goreleaser) {}, "v0.1.0/oc-release-x_v0.1.0_windows_arm64.zip kubectl-release_x.exe"},
		{"binary", func(c *goreleaser) { c.Builds[0].Binary = "oc-release_x" }, "v0.1.0/oc-release-x_v0.1.0_windows_arm64.zip oc-release_x.exe"},
		{"project", func(c *goreleaser) { c.ProjectName = "x" }, "v0.1.0/x_v0.1.0_windows_arm64.zip kubectl-release_x.exe"},
		{"archive name", func(c *goreleaser) { c.Archives[0].NameTemplate = "a-{{ .Tag }}" }, "v0.1.0/a-v0.1.0.zip kubectl-release_x.exe"},
		{"format", func(c *goreleaser) { c.Archives[0].FormatOverrides = nil }, "v0.1.0/oc-release-x_v0.1.0_windows_arm64.tar.gz kubectl-release_x.exe"},
		{"target that krew does not know", func(c *goreleaser) { c.Builds[0].Targets = []string{"darwin_arm64", "linux_s390x"} }, "v0.1.0/oc-release-x_v0.1.0_darwin_arm64.tar.gz kubectl-release_x"},
		{"ppc64le", func(c *goreleaser) { c.Builds[0].Targets = []string{"darwin_arm64", "linux_ppc64le"} }, "v0.1.0/oc-release-x_v0.1.0_linux_ppc64le.tar.gz kubectl-release_x"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			config := readGoreleaser(t)
			test.change(&config)
			platforms, err := archives(config, "v0.1.0")
			if err != nil {
				t.Fatal(err)
			}
			last := platforms[len(platforms)-1]
			got := strings.TrimPrefix(last.URI, "https://github.com/release-x/oc-release-x/releases/download/") + " " + last.Bin
			if got != test.want {
				t.Errorf("got %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestGoreleaserBuildsThePlugin(t *testing.T) {
	config := readGoreleaser(t)
	if got, want := config.Builds[0].Main, "./cmd/oc-release-x"; got != want {
		t.Errorf("main: %q, want %q", got, want)
	}
	want := []string{
		"linux_amd64", "linux_arm64", "linux_ppc64le", "linux_s390x",
		"darwin_amd64", "darwin_arm64", "windows_amd64", "windows_arm64",
	}
	if !slices.Equal(config.Builds[0].Targets, want) {
		t.Errorf("targets: %q, want %q", config.Builds[0].Targets, want)
	}
}

// goreleaser only warns of a file that is missing, and builds archives without it.
func TestGoreleaserFindsWhatItPacks(t *testing.T) {
	config := readGoreleaser(t)
	for _, system := range []struct {
		os   string
		want []string
	}{
		{"linux", []string{"LICENSE", "README.md", "completion/kubectl_complete-release_x", "completion/oc_complete-release_x"}},
		{"windows", []string{"LICENSE", "README.md", "completion/kubectl_complete-release_x.cmd", "completion/oc_complete-release_x.cmd"}},
	} {
		var got []string
		for _, file := range config.Archives[0].Files {
			name, err := fill(file.Src, map[string]string{"Os": system.os})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(filepath.Join("..", name)); err != nil {
				t.Errorf("archive for %s: %v", system.os, err)
			}
			got = append(got, name)
		}
		if !slices.Equal(got, system.want) {
			t.Errorf("an archive for %s holds %q beside the program, want %q", system.os, got, system.want)
		}
	}
	for _, content := range config.NFPMs[0].Contents {
		if content.Type == "symlink" {
			continue
		}
		if _, err := os.Stat(filepath.Join("..", content.Src)); err != nil {
			t.Errorf("package: %v", err)
		}
	}
}

func readManifest(t *testing.T) plugin {
	t.Helper()
	p, err := parseManifest([]byte(readFile(t, "plugin.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func readGoreleaser(t *testing.T) goreleaser {
	t.Helper()
	var config goreleaser
	// Not strict: the file has much more than these tests look at.
	if err := yaml.Unmarshal([]byte(readFile(t, "../.goreleaser.yml")), &config); err != nil {
		t.Fatal(err)
	}
	if len(config.Builds) != 1 || len(config.Archives) != 1 || len(config.NFPMs) != 1 {
		t.Fatalf("%d builds, %d archives, %d packages, want one of each", len(config.Builds), len(config.Archives), len(config.NFPMs))
	}
	return config
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// archives gives the platforms of a krew manifest as a configuration builds them, without checksums and in the order
// of the targets. A target that krew does not know has none.
func archives(config goreleaser, version string) ([]platform, error) {
	var platforms []platform
	for _, target := range config.Builds[0].Targets {
		os, arch, _ := strings.Cut(target, "_")
		if !slices.Contains(krewPlatforms(), os+"/"+arch) {
			continue
		}
		archive, err := archiveName(config, version, os, arch)
		if err != nil {
			return nil, err
		}
		bin := config.Builds[0].Binary
		if os == "windows" {
			bin += ".exe"
		}
		github := config.Release.GitHub
		platforms = append(platforms, platform{
			Selector: &selector{MatchLabels: map[string]string{"os": os, "arch": arch}},
			URI:      fmt.Sprintf("https://github.com/%s/%s/releases/download/%s/%s", github.Owner, github.Name, version, archive),
			Bin:      bin,
		})
	}
	return platforms, nil
}

func archiveName(config goreleaser, version, os, arch string) (string, error) {
	archive := config.Archives[0]
	name, err := fill(archive.NameTemplate, map[string]string{
		"ProjectName": config.ProjectName,
		"Version":     strings.TrimPrefix(version, "v"),
		"Tag":         version,
		"Os":          os,
		"Arch":        arch,
	})
	if err != nil {
		return "", err
	}
	format := archive.Formats[0]
	for _, override := range archive.FormatOverrides {
		if override.Goos == os {
			format = override.Formats[0]
		}
	}
	return name + "." + format, nil
}

// fill executes a template of .goreleaser.yml.
func fill(text string, fields map[string]string) (string, error) {
	parsed, err := template.New("").Option("missingkey=error").Parse(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := parsed.Execute(&b, fields); err != nil {
		return "", err
	}
	return b.String(), nil
}
