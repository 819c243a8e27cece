package plugin

import (
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
)

// limitFlags bound what a hostile image can cost.
type limitFlags struct {
	payload, file string
	files, ratio  int64
}

func (l *limitFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&l.payload, "max-payload-size", "512Mi", "Refuse a layer that unpacks to more than this")
	flags.StringVar(&l.file, "max-file-size", "64Mi", "Refuse a file of the payload larger than this")
	flags.Int64Var(&l.files, "max-files", 100_000, "Refuse a layer with more entries than this")
	flags.Int64Var(&l.ratio, "max-compression-ratio", 200, "Refuse a layer that unpacks to more than 64Mi and this many times its size")
}

func (l *limitFlags) limits() (image.Limits, error) {
	payload, err := size("max-payload-size", l.payload)
	if err != nil {
		return image.Limits{}, err
	}
	file, err := size("max-file-size", l.file)
	if err != nil {
		return image.Limits{}, err
	}
	if l.files <= 0 || l.ratio <= 0 {
		return image.Limits{}, fault.Errorf(fault.Usage, "--max-files and --max-compression-ratio must be positive")
	}
	return image.Limits{PayloadSize: payload, FileSize: file, Files: l.files, Ratio: l.ratio}, nil
}

// size reads a size as Kubernetes writes them: 512Mi, 1G, 1000.
func size(flag, text string) (int64, error) {
	q, err := resource.ParseQuantity(text)
	if err != nil || q.Sign() <= 0 {
		return 0, fault.Errorf(fault.Usage, "--%s %q: want a positive size such as 512Mi or 1G", flag, text)
	}
	return q.Value(), nil
}
