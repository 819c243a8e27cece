package manifest

import "github.com/blang/semver/v4"

// MajorVersion is the major version of a release's version, for Settings: nil, which leaves the rule out, when that is
// no semantic version.
func MajorVersion(version string) *uint64 {
	parsed, err := semver.Parse(version)
	if err != nil {
		return nil
	}
	return &parsed.Major
}
