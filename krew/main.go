// Command krew writes the manifest with which krew installs a release: plugin.yaml of this directory, completed with the
// version, the addresses and the checksums of the archives that goreleaser wrote to dist.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

func main() {
	manifest := flag.String("manifest", "krew/plugin.yaml", "The manifest to fill in")
	dist := flag.String("dist", "dist", "Directory that goreleaser wrote")
	platforms := flag.String("platforms", "", "Only these platforms, such as linux/amd64,linux/arm64 (default: all of the manifest)")
	download := flag.String("download", "", "Address of the directory with the archives (default: the release on GitHub)")
	flag.Parse()
	name, err := run(*manifest, *dist, *platforms, *download)
	if err != nil {
		fmt.Fprintln(os.Stderr, "krew:", err)
		os.Exit(1)
	}
	fmt.Println(name)
}

// run writes DIST/krew/NAME.yaml and returns its name.
func run(manifest, dist, platforms, download string) (string, error) {
	text, err := os.ReadFile(manifest)
	if err != nil {
		return "", err
	}
	p, err := parseManifest(text)
	if err != nil {
		return "", err
	}
	if err := check(p); err != nil {
		return "", fmt.Errorf("%s: %w", manifest, err)
	}
	b, err := readBuild(dist)
	if err != nil {
		return "", err
	}
	b.download = download
	if platforms != "" {
		b.platforms = strings.Split(platforms, ",")
	}
	p, err = finish(p, b)
	if err != nil {
		return "", err
	}
	out, err := yaml.Marshal(p)
	if err != nil {
		return "", err
	}
	// krew requires that the file has the name of the plugin.
	name := filepath.Join(dist, "krew", p.Metadata.Name+".yaml")
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return "", err
	}
	return name, os.WriteFile(name, out, 0o644)
}

// readBuild reads the files that goreleaser writes about a build: metadata.json and checksums.txt.
func readBuild(dist string) (build, error) {
	text, err := os.ReadFile(filepath.Join(dist, "metadata.json"))
	if err != nil {
		return build{}, err
	}
	var noted struct{ Version string }
	if err := json.Unmarshal(text, &noted); err != nil {
		return build{}, fmt.Errorf("reading metadata.json: %w", err)
	}
	text, err = os.ReadFile(filepath.Join(dist, "checksums.txt"))
	if err != nil {
		return build{}, err
	}
	checksums, err := parseChecksums(string(text))
	if err != nil {
		return build{}, err
	}
	return build{version: "v" + noted.Version, checksums: checksums}, nil
}

// parseChecksums reads lines as sha256sum prints them: the checksum, two blanks, the file name.
func parseChecksums(text string) (map[string]string, error) {
	checksums := map[string]string{}
	for line := range strings.Lines(text) {
		sum, name, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "  ")
		if !ok {
			return nil, fmt.Errorf("checksums.txt: %q is not a checksum and file name", strings.TrimSpace(line))
		}
		checksums[name] = sum
	}
	return checksums, nil
}
