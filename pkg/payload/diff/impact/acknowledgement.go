package impact

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/blang/semver/v4"

	"github.com/release-x/oc-release-x/internal/shellword"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// findAcknowledgements finds the gates of the old release that an administrator has to acknowledge before the update. They are in
// a ConfigMap; its values say what to do before (cluster-version-operator, pkg/risk/adminack).
func (f *finder) findAcknowledgements() error {
	gates := f.before.objects[key{"", "ConfigMap", "openshift-config-managed", "admin-gates"}]
	current, err := semver.Parse(f.old.Release.Version)
	if err != nil || !leavesMinor(current, f.new.Release.Version) {
		return nil
	}
	for _, e := range gates {
		object, err := f.values(e)
		if err != nil {
			return err
		}
		data := fieldsOf(at(object, "data"))
		for _, gate := range slices.Sorted(maps.Keys(data)) {
			f.findGate(e, current, gate, textOf(data[gate]))
		}
	}
	return nil
}

// leavesMinor reports whether the operator checks the gates for an update: if the minor version becomes higher, or if it cannot read
// the version (pkg/risk/upgradeable).
func leavesMinor(current semver.Version, target string) bool {
	version, err := semver.Parse(target)
	if err != nil {
		return true
	}
	return version.Major > current.Major || version.Major == current.Major && version.Minor > current.Minor
}

// findGate finds out whether a gate is for the version that the cluster leaves.
func (f *finder) findGate(e *manifest.Entry, current semver.Version, gate, description string) {
	match := regexp.MustCompile(`^ack-([4-5][.][0-9]{1,})-[^-]`).FindStringSubmatch(gate)
	if match == nil {
		f.add(Blocker, Acknowledgement, e, fmt.Sprintf("the operator refuses the update: the name of the gate %q is malformed", gate))
		return
	}
	version, err := semver.Parse(match[1] + ".0")
	switch {
	case err != nil:
		f.add(Blocker, Acknowledgement, e, fmt.Sprintf("the operator refuses the update: the gate %q has a malformed version", gate))
	case version.Major != current.Major || version.Minor != current.Minor:
	case description == "":
		f.add(Blocker, Acknowledgement, e, fmt.Sprintf("the operator refuses the update: the gate %q has no description", gate))
	default:
		finding := f.add(Blocker, Acknowledgement, e, fmt.Sprintf("an administrator has to acknowledge %s: %s", gate, strings.Join(strings.Fields(description), " ")))
		finding.Remedy, finding.Gate = acknowledge(gate), gate
	}
}

// acknowledge returns the command that acknowledges a gate.
func acknowledge(gate string) string {
	patch, _ := json.Marshal(map[string]any{"data": map[string]string{gate: "true"}}) // strings can be encoded
	return shellword.Join("oc", "-n", "openshift-config", "patch", "cm", "admin-acks", "--patch", string(patch), "--type=merge")
}
