package served

import (
	"fmt"
	"os"
	"path/filepath"
)

// Recorded is the directory of the recorded release of real size below the directory of fixtures.
const Recorded = "ocp-release"

// Prepare puts the release of real size under root: a link to the recorded one when fixtures has it, else one that
// is generated. It tells which.
func Prepare(root, fixtures string) (Release, string, error) {
	const repository = "ocp-release"
	recorded, err := filepath.Abs(filepath.Join(fixtures, Recorded))
	if err != nil {
		return Release{}, "", fmt.Errorf("looking for the recorded release: %w", err)
	}
	how := "recorded"
	if _, err := os.Stat(filepath.Join(recorded, "index.json")); err == nil {
		err = os.Symlink(recorded, filepath.Join(root, repository))
		if err != nil {
			return Release{}, "", fmt.Errorf("serving the recorded release: %w", err)
		}
	} else {
		how = "generated"
		if err := Generate(root, repository, Options{}); err != nil {
			return Release{}, "", err
		}
	}
	release, err := Read(root, repository)
	return release, how, err
}

// PrepareUpdate puts an update of the release that Prepare returned under root: the second release of its layout, else a generated one.
func PrepareUpdate(root string, release Release, how string) (Release, error) {
	if how == "recorded" {
		return readAt(root, release.Repository, 1)
	}
	return PrepareAs(root, release.Repository+"-update", Options{Update: true})
}

// PrepareAs generates a release of real size with options as root/repository.
func PrepareAs(root, repository string, o Options) (Release, error) {
	if err := Generate(root, repository, o); err != nil {
		return Release{}, err
	}
	return Read(root, repository)
}
