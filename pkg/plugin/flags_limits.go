package plugin

import (
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
)

// limitFlags bound what a hostile image can cost.
type limitFlags struct {
	payload, layer, file    string
	parsed, expanded        string
	files, ratio, documents int64
}

func (l *limitFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&l.payload, "max-payload-size", "96Mi", "Refuse a payload larger than this, all layers together")
	flags.StringVar(&l.layer, "max-layer-size", "512Mi", "Refuse a layer that unpacks to more than this, or layers that together unpack to four times this")
	flags.StringVar(&l.file, "max-file-size", "64Mi", "Refuse a payload with a file larger than this")
	flags.Int64Var(&l.files, "max-files", 100_000, "Refuse a layer with more entries than this")
	flags.Int64Var(&l.documents, "max-documents", 20_000, "Refuse a payload with more manifests than this")
	flags.StringVar(&l.parsed, "max-parsed-size", "64Mi", "Refuse a payload with more YAML and JSON than this")
	flags.StringVar(&l.expanded, "max-expanded-size", "16Mi", "Refuse a payload whose YAML aliases expand to more than this")
	flags.Int64Var(&l.ratio, "max-compression-ratio", 200, "Refuse a layer that unpacks to more than 64Mi and to more than this many times its size")
}

// limits are those of reading an image, and those of reading its manifests.
func (l *limitFlags) limits() (image.Limits, document.Limits, error) {
	if l.files <= 0 || l.ratio <= 0 || l.documents <= 0 {
		return image.Limits{}, document.Limits{}, fault.Errorf(fault.Usage, "--max-files, --max-documents and --max-compression-ratio must be positive")
	}
	images := image.Limits{Files: l.files, Ratio: l.ratio}
	documents := document.Limits{Documents: l.documents}
	for _, flag := range []struct {
		name, text string
		into       *int64
	}{
		{"max-payload-size", l.payload, &images.PayloadSize},
		{"max-layer-size", l.layer, &images.LayerSize},
		{"max-file-size", l.file, &images.FileSize},
		{"max-parsed-size", l.parsed, &documents.Parsed},
		{"max-expanded-size", l.expanded, &documents.Expanded},
	} {
		value, err := size(flag.name, flag.text)
		if err != nil {
			return image.Limits{}, document.Limits{}, err
		}
		*flag.into = value
	}
	return images, documents, nil
}

// size reads a size as Kubernetes writes them: 512Mi, 1G, 1000.
func size(flag, text string) (int64, error) {
	q, err := resource.ParseQuantity(text)
	if err != nil || q.Sign() <= 0 {
		return 0, fault.Errorf(fault.Usage, "--%s %q: want a positive size such as 512Mi or 1G", flag, text)
	}
	return q.Value(), nil
}
