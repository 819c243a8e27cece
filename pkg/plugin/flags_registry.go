package plugin

import (
	"github.com/spf13/pflag"

	"github.com/release-x/oc-release-x/pkg/payload/registry/rewrite"
)

// registryFlags say how registries are reached.
type registryFlags struct {
	authFile       string
	insecure       bool
	caFile         string
	maxPerRegistry int
	allowRealm     []string
	mirrors        rewrite.Files
}

func (r *registryFlags) add(flags *pflag.FlagSet) {
	const auth = "File with credentials for registries, such as a pull secret"
	flags.StringVarP(&r.authFile, "registry-config", "a", "", auth)
	flags.StringVar(&r.authFile, "authfile", "", auth+"; the same as --registry-config")
	flags.BoolVar(&r.insecure, "insecure", false, "Do not verify the registry that RELEASE or --release-repository names, and fall back to plain HTTP")
	flags.StringVar(&r.caFile, "certificate-authority", "", "File with certificates to trust beside the system's")
	flags.IntVar(&r.maxPerRegistry, "max-per-registry", 4, "Requests to one registry at once")
	flags.StringSliceVar(&r.mirrors.IDMS, "idms-file", nil, "File with ImageDigestMirrorSets: mirrors of what is referenced by digest")
	flags.StringSliceVar(&r.mirrors.ITMS, "itms-file", nil, "File with ImageTagMirrorSets: mirrors of what is referenced by tag")
	flags.StringSliceVar(&r.mirrors.ICSP, "icsp-file", nil, "File with ImageContentSourcePolicies, the older form of --idms-file")
	flags.StringVar(&r.mirrors.Conf, "registries-conf", "", "A registries.conf of containers, with mirrors")
	flags.StringSliceVar(&r.allowRealm, "allow-realm", nil, "Host of a token server outside the registry's domain that may see credentials")
}
