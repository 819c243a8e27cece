package plugin

import (
	"strings"

	"github.com/spf13/pflag"

	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
)

// registryFlags say how registries are reached.
type registryFlags struct {
	authFile       string
	insecure       bool
	caFile         string
	maxPerRegistry int
	allowRealm     []string
}

func (r *registryFlags) add(flags *pflag.FlagSet) {
	const auth = "File with credentials for registries, such as a pull secret"
	flags.StringVarP(&r.authFile, "registry-config", "a", "", auth)
	flags.StringVar(&r.authFile, "authfile", "", auth+"; the same as --registry-config")
	flags.BoolVar(&r.insecure, "insecure", false, "Do not verify the registry that RELEASE names, and speak plain HTTP if it does")
	flags.StringVar(&r.caFile, "certificate-authority", "", "File with certificates to trust beside the system's")
	flags.IntVar(&r.maxPerRegistry, "max-per-registry", 4, "Requests to one registry at once")
	flags.StringSliceVar(&r.allowRealm, "allow-realm", nil, "Host of a token server outside the registry's domain that may see credentials")
}

// client makes the access to registries; --insecure holds for the hosts that these references are written with.
func (r *registryFlags) client(f *factory, references []image.Reference) *registry.Client {
	options := registry.Options{
		AuthFile:       r.authFile,
		Getenv:         f.Getenv,
		Home:           f.Home,
		UID:            f.UID,
		CAFile:         r.caFile,
		MaxPerRegistry: r.maxPerRegistry,
		AllowRealm:     r.allowRealm,
		UserAgent:      "oc-release-x/" + buildVersion().Version,
		Log:            f.logger(),
	}
	if r.insecure {
		for _, ref := range references {
			if host, _, ok := strings.Cut(ref.Repository, "/"); ok {
				options.Insecure = append(options.Insecure, host)
			}
		}
	}
	return registry.New(options)
}
