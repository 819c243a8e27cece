package krew_test

import (
	"fmt"
	"os"
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
	if got, want := p.Metadata.Name, "release-x"; got != want {
		t.Errorf("metadata.name: %q, want %q", got, want)
	}
}

// The manifest is what goreleaser would write for its version, but for the checksums.
func TestManifestIsWhatGoreleaserWrites(t *testing.T) {
	got, config := readManifest(t), readGoreleaser(t)
	want, err := generated(config, got.Spec.Version)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got.Spec.Platforms {
		got.Spec.Platforms[i].Sha256 = ""
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("krew/plugin.yaml differs from what .goreleaser.yml gives (-goreleaser +krew):\n%s", diff)
	}
}

// Each change of the configuration must show in what is compared above.
func TestGeneratedFollowsTheConfiguration(t *testing.T) {
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
		{"targets", func(c *goreleaser) { c.Builds[0].Targets = []string{"darwin_arm64", "linux_s390x"} }, "v0.1.0/oc-release-x_v0.1.0_darwin_arm64.tar.gz kubectl-release_x"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			config := readGoreleaser(t)
			test.change(&config)
			p, err := generated(config, "v0.1.0")
			if err != nil {
				t.Fatal(err)
			}
			last := p.Spec.Platforms[len(p.Spec.Platforms)-1]
			got := strings.TrimPrefix(last.URI, "https://github.com/release-x/oc-release-x/releases/download/") + " " + last.Bin
			if got != test.want {
				t.Errorf("got %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestGoreleaserArchives(t *testing.T) {
	config := readGoreleaser(t)
	if got, want := config.Builds[0].Main, "./cmd/oc-release-x"; got != want {
		t.Errorf("main: %q, want %q", got, want)
	}
	if !config.Krews[0].SkipUpload {
		t.Error("krews: skip_upload is off, a release would push to an index")
	}
	var files []string
	for _, file := range config.Archives[0].Files {
		files = append(files, file.Src)
	}
	if want := []string{"LICENSE", "README.md"}; !slices.Equal(files, want) {
		t.Errorf("archives hold %q beside the program, want %q", files, want)
	}
	for _, target := range []string{"linux_ppc64le", "linux_s390x"} {
		if !slices.Contains(config.Builds[0].Targets, target) {
			t.Errorf("no archive for %s", target)
		}
	}
}

func readManifest(t *testing.T) plugin {
	t.Helper()
	p, err := parseManifest(readFile(t, "plugin.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// parseManifest refuses fields that krew does not know, and duplicates, as krew does.
func parseManifest(text string) (plugin, error) {
	var p plugin
	if err := yaml.UnmarshalStrict([]byte(text), &p); err != nil {
		return plugin{}, fmt.Errorf("parsing the manifest: %w", err)
	}
	return p, nil
}

func readGoreleaser(t *testing.T) goreleaser {
	t.Helper()
	var config goreleaser
	// Not strict: the file has much more than these tests look at.
	if err := yaml.Unmarshal([]byte(readFile(t, "../.goreleaser.yml")), &config); err != nil {
		t.Fatal(err)
	}
	if len(config.Builds) != 1 || len(config.Archives) != 1 || len(config.Krews) != 1 {
		t.Fatalf("%d builds, %d archives, %d krews, want one of each", len(config.Builds), len(config.Archives), len(config.Krews))
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

// generated is the manifest that goreleaser makes of a configuration, without checksums and in the
// order of the targets.
func generated(config goreleaser, version string) (plugin, error) {
	krew := config.Krews[0]
	p := plugin{
		APIVersion: "krew.googlecontainertools.github.com/v1alpha2",
		Kind:       "Plugin",
		Metadata:   metadata{Name: krew.Name},
		Spec: spec{
			Version:          version,
			Homepage:         krew.Homepage,
			ShortDescription: krew.ShortDescription,
			Description:      krew.Description,
			Caveats:          krew.Caveats,
		},
	}
	for _, target := range config.Builds[0].Targets {
		os, arch, _ := strings.Cut(target, "_")
		// goreleaser puts no other architectures into a krew manifest.
		if arch != "amd64" && arch != "arm64" {
			continue
		}
		archive, err := archiveName(config, version, os, arch)
		if err != nil {
			return plugin{}, err
		}
		bin := config.Builds[0].Binary
		if os == "windows" {
			bin += ".exe"
		}
		github := config.Release.GitHub
		p.Spec.Platforms = append(p.Spec.Platforms, platform{
			Selector: &selector{MatchLabels: map[string]string{"os": os, "arch": arch}},
			URI:      fmt.Sprintf("https://github.com/%s/%s/releases/download/%s/%s", github.Owner, github.Name, version, archive),
			Bin:      bin,
		})
	}
	return p, nil
}

func archiveName(config goreleaser, version, os, arch string) (string, error) {
	archive := config.Archives[0]
	name, err := template.New("name_template").Option("missingkey=error").Parse(archive.NameTemplate)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = name.Execute(&b, map[string]string{
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
	return b.String() + "." + format, nil
}
