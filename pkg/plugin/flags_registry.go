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
	flags.StringVarP(&r.authFile, "registry-config", "a", "", "File with registry credentials, such as a pull secret")
	flags.StringVar(&r.authFile, "authfile", "", "The same as --registry-config")
	flags.BoolVar(&r.insecure, "insecure", false, "Do not verify certificates of registries that the command line names, and fall back to plain HTTP")
	flags.StringVar(&r.caFile, "certificate-authority", "", "File with CA certificates to trust in addition to the system's")
	flags.IntVar(&r.maxPerRegistry, "max-per-registry", 4, "Maximum number of parallel requests to one registry")
	flags.StringSliceVar(&r.mirrors.IDMS, "idms-file", nil, "File with ImageDigestMirrorSets, the mirrors of images referenced by digest")
	flags.StringSliceVar(&r.mirrors.ITMS, "itms-file", nil, "File with ImageTagMirrorSets, the mirrors of images referenced by tag")
	flags.StringSliceVar(&r.mirrors.ICSP, "icsp-file", nil, "File with ImageContentSourcePolicies, the older form of --idms-file")
	flags.StringVar(&r.mirrors.Conf, "registries-conf", "", "File registries.conf with mirrors, as podman and CRI-O read it")
	flags.StringSliceVar(&r.allowRealm, "allow-realm", nil, "Host of a token server that may get credentials although it is outside the registry's domain")
}
