package wholefile

import (
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

func TestNamesThatDifferInCase(t *testing.T) {
	files := []File{{Path: "0000_a.yaml"}, {Path: "0000_A.yaml"}}
	for system, want := range map[string]string{
		"linux":   "",
		"darwin":  `the files "0000_a.yaml" and "0000_A.yaml" are the same on this system, which ignores case`,
		"windows": `the files "0000_a.yaml" and "0000_A.yaml" are the same on this system, which ignores case`,
	} {
		err := checkCase(files, system)
		if want == "" && err != nil || want != "" && (err == nil || err.Error() != want || fault.KindOf(err) != fault.Integrity) {
			t.Errorf("%s: got %v", system, err)
		}
	}
}
