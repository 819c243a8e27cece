package plugin

import (
	"strings"

	"github.com/spf13/pflag"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
)

// archFlags choose the image of a manifest list.
type archFlags struct {
	arch     string
	filterOS string
}

func (a *archFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&a.arch, "arch", "", "Architecture to choose from a manifest list: amd64 (x86_64), arm64 (aarch64), ppc64le or s390x")
	flags.StringVar(&a.filterOS, "filter-by-os", "", "The same as --arch, written linux/ARCH")
}

// value is the architecture as Go names it, "" when none was asked for.
func (a *archFlags) value() string {
	arch, _ := image.ParseArch(a.asked()) // check refuses what is none
	return arch
}

func (a *archFlags) asked() string {
	if a.arch != "" {
		return a.arch
	}
	return strings.TrimPrefix(a.filterOS, "linux/")
}

// check refuses what no release is made for.
func (a *archFlags) check() error {
	if a.arch != "" && a.filterOS != "" {
		return fault.Errorf(fault.Usage, "--arch and --filter-by-os say the same: give one of them")
	}
	if a.filterOS != "" && !strings.HasPrefix(a.filterOS, "linux/") {
		return fault.Errorf(fault.Usage, "--filter-by-os %q: want linux/ARCH, releases are for Linux only", a.filterOS)
	}
	if _, err := image.ParseArch(a.asked()); a.asked() != "" && err != nil {
		return fault.Errorf(fault.Usage, "--arch %q: want amd64 (x86_64), arm64 (aarch64), ppc64le or s390x", a.asked())
	}
	return nil
}
