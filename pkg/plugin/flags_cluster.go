package plugin

import (
	"cmp"
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// clusterFlags name the cluster to ask: cli-runtime's ConfigFlags, and the pull secret of that cluster.
type clusterFlags struct {
	kubectl    *genericclioptions.ConfigFlags
	pullSecret bool
}

// newClusterFlags makes ConfigFlags without those whose names belong to other flags here (--certificate-authority,
// --cache-dir, --namespace) and without the deprecated passwords.
func newClusterFlags() clusterFlags {
	kubectl := genericclioptions.NewConfigFlags(true)
	kubectl.CAFile, kubectl.CacheDir, kubectl.Namespace, kubectl.Username, kubectl.Password = nil, nil, nil, nil, nil
	return clusterFlags{kubectl: kubectl}
}

func (c *clusterFlags) add(flags *pflag.FlagSet) {
	c.kubectl.AddFlags(flags)
	flags.Lookup("request-timeout").Usage = "How long to wait for an answer of the API server, such as 5s or 2m; 0 means 30s"
	flags.BoolVar(&c.pullSecret, "pull-secret-from-cluster", false, "Take registry credentials from the connected cluster's pull secret")
}

// given reports whether the command line itself names a cluster.
func (c *clusterFlags) given() bool {
	k := c.kubectl
	return cmp.Or(*k.KubeConfig, *k.Context, *k.ClusterName, *k.AuthInfoName, *k.APIServer) != ""
}

// check refuses values that no cluster can be reached with. It reads the files that flags name and contacts nothing.
func (c *clusterFlags) check() error {
	if _, err := clientcmd.ParseTimeout(*c.kubectl.Timeout); err != nil {
		return fault.Errorf(fault.Usage, "--request-timeout %q: want a time such as 5s or 2m", *c.kubectl.Timeout)
	}
	if err := checkClientPair(*c.kubectl.CertFile, *c.kubectl.KeyFile); err != nil {
		return err
	}
	return c.checkKubeconfig()
}

// config returns how to reach the cluster: by the kubeconfig and the flags, or in a pod without a kubeconfig by the
// service account of the pod. Where nothing says which cluster to ask, its error is cluster.ErrNotConfigured. It contacts
// nothing.
func (c *clusterFlags) config() (*rest.Config, error) {
	raw, err := c.rawConfig()
	if err != nil {
		return nil, err
	}
	config, err := c.kubectl.ToRESTConfig()
	if err != nil {
		return nil, fault.Errorf(fault.Usage, "the kubeconfig: %s", c.withoutPasswords(raw, err.Error()))
	}
	// kubectl falls back to localhost:8080, where no cluster is. A pod's service account has a token file.
	named := cmp.Or(*c.kubectl.APIServer, *c.kubectl.ClusterName, *c.kubectl.Context, raw.CurrentContext) != ""
	if !named && config.BearerTokenFile == "" {
		return nil, noCluster(raw)
	}
	config.UserAgent = userAgent()
	return config, nil
}

// withoutPasswords cuts addresses that may hold a password out of a message.
func (c *clusterFlags) withoutPasswords(raw *api.Config, message string) string {
	addresses := []string{*c.kubectl.ProxyURL, *c.kubectl.APIServer}
	for _, c := range raw.Clusters {
		addresses = append(addresses, c.ProxyURL, c.Server)
	}
	for _, address := range addresses {
		if strings.Contains(address, "@") {
			message = strings.ReplaceAll(message, address, "…")
		}
	}
	return message
}
