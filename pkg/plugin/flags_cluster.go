package plugin

import (
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// clusterFlags say which cluster is asked, with the names that kubectl gives them. What kubectl has beyond them is
// left out where a flag for registries has the name, or where nothing here has a use for it.
type clusterFlags struct {
	kubeconfig string
	overrides  clientcmd.ConfigOverrides
	pullSecret bool
	all        *pflag.FlagSet
}

func (c *clusterFlags) add(all *pflag.FlagSet) {
	c.all = all
	flags := pflag.NewFlagSet("cluster", pflag.ContinueOnError)
	flags.StringVar(&c.kubeconfig, "kubeconfig", "", "File that says how the cluster is reached (default: $KUBECONFIG, or .kube/config in the home folder)")
	flags.StringVar(&c.overrides.CurrentContext, "context", "", "Context of the kubeconfig")
	flags.StringVar(&c.overrides.Context.Cluster, "cluster", "", "Cluster of the kubeconfig")
	flags.StringVar(&c.overrides.Context.AuthInfo, "user", "", "User of the kubeconfig")
	flags.StringVarP(&c.overrides.ClusterInfo.Server, "server", "s", "", "Address of the API server")
	flags.StringVar(&c.overrides.ClusterInfo.TLSServerName, "tls-server-name", "", "Name that the certificate of the API server is for, if it is not the one in its address")
	flags.StringVar(&c.overrides.ClusterInfo.ProxyURL, "proxy-url", "", "Proxy on the way to the API server")
	flags.BoolVar(&c.overrides.ClusterInfo.DisableCompression, "disable-compression", false, "Ask the API server for uncompressed answers")
	flags.StringVar(&c.overrides.AuthInfo.Token, "token", "", "Bearer token for the API server")
	flags.StringVar(&c.overrides.AuthInfo.ClientCertificate, "client-certificate", "", "File with a certificate to show to the API server")
	flags.StringVar(&c.overrides.AuthInfo.ClientKey, "client-key", "", "File with the key of --client-certificate")
	flags.StringVar(&c.overrides.Timeout, "request-timeout", "0", "Give up a request to the API server after this time, such as 5s; 0 is the default, 30s")
	flags.BoolVar(&c.pullSecret, "pull-secret-from-cluster", false, "Take credentials for registries from the connected cluster's pull secret")
	all.AddFlagSet(flags)
}

// given says whether the command line itself names a cluster.
func (c *clusterFlags) given() bool {
	return slices.ContainsFunc([]string{"kubeconfig", "context", "cluster", "user", "server"}, c.all.Changed)
}

// errNoCluster is in the chain of config's error when nothing says which cluster to ask.
var errNoCluster = errors.New("no cluster is configured: name a kubeconfig with --kubeconfig or $KUBECONFIG")

// config is how the cluster is reached: by the kubeconfig, with flags in its place; in a pod without one, as the
// pod's service account. It contacts nothing.
func (c *clusterFlags) config(env Environment) (*rest.Config, error) {
	if _, err := clientcmd.ParseTimeout(c.overrides.Timeout); err != nil {
		return nil, fault.Errorf(fault.Usage, "--request-timeout %q: want a time such as 5s or 2m", c.overrides.Timeout)
	}
	rules := &clientcmd.ClientConfigLoadingRules{ExplicitPath: c.kubeconfig}
	if files := env.Getenv("KUBECONFIG"); files != "" {
		rules.Precedence = filepath.SplitList(files)
	} else if env.Home != "" {
		rules.Precedence = []string{filepath.Join(env.Home, ".kube", "config")}
	}
	raw, err := rules.Load()
	if err != nil {
		return nil, c.unreadable(err)
	}
	if err := c.chosen(raw); err != nil {
		return nil, err
	}
	config, err := clientcmd.NewNonInteractiveClientConfig(*raw, c.overrides.CurrentContext, &c.overrides, rules).ClientConfig()
	if clientcmd.IsEmptyConfig(err) && env.Getenv("KUBERNETES_SERVICE_HOST") != "" {
		config, err = rest.InClusterConfig()
	}
	switch {
	case clientcmd.IsEmptyConfig(err), errors.Is(err, rest.ErrNotInCluster), errors.Is(err, fs.ErrNotExist) && len(raw.Contexts) == 0:
		return nil, noCluster(raw)
	case err != nil:
		return nil, fault.Errorf(fault.Usage, "the kubeconfig: %s", c.without(raw, err.Error()))
	}
	config.UserAgent = "oc-release-x/" + buildVersion().Version
	return config, nil
}

// unreadable is the error of a kubeconfig that could not be read.
func (c *clusterFlags) unreadable(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return fault.Errorf(fault.Local, "--kubeconfig: %w", path)
	}
	_, rest, found := strings.Cut(err.Error(), "error loading config file ")
	name, why, _ := strings.Cut(rest, ": ")
	switch {
	case !found:
		return fault.Errorf(fault.Usage, "the kubeconfig: %w", err)
	case strings.Contains(why, "get version/kind"), strings.Contains(why, "Go value"):
		why = "it is no kubeconfig: want YAML or JSON with kind: Config"
	}
	return fault.Errorf(fault.Usage, "the kubeconfig %s: %s", name, why)
}

// chosen checks that the kubeconfig has the context that was asked for.
func (c *clusterFlags) chosen(raw *api.Config) error {
	name := c.overrides.CurrentContext
	if name == "" || raw.Contexts[name] != nil {
		return nil
	}
	return fault.Errorf(fault.Usage, "--context %q: %s", name, contexts(raw))
}

// noCluster is the error of a kubeconfig that names no cluster.
func noCluster(raw *api.Config) error {
	if len(raw.Contexts) == 0 {
		return fault.Errorf(fault.Usage, "%w", errNoCluster)
	}
	return fault.Errorf(fault.Usage, "%w", unchosen{contexts(raw)})
}

// unchosen is errNoCluster for a kubeconfig that has contexts, but none that is current.
type unchosen struct{ contexts string }

func (u unchosen) Error() string {
	return "no cluster is chosen: the kubeconfig has no current context, and --context is not given; " + u.contexts
}

// Is makes it errNoCluster.
func (u unchosen) Is(target error) bool { return target == errNoCluster }

// contexts lists what --context may be.
func contexts(raw *api.Config) string {
	if len(raw.Contexts) == 0 {
		return "the kubeconfig has no contexts"
	}
	return "the kubeconfig has " + strings.Join(slices.Sorted(maps.Keys(raw.Contexts)), ", ")
}

// without cuts out of a message the addresses that may hold a password.
func (c *clusterFlags) without(raw *api.Config, message string) string {
	addresses := []string{c.overrides.ClusterInfo.ProxyURL, c.overrides.ClusterInfo.Server}
	for _, cluster := range raw.Clusters {
		addresses = append(addresses, cluster.ProxyURL, cluster.Server)
	}
	for _, address := range addresses {
		if strings.Contains(address, "@") {
			message = strings.ReplaceAll(message, address, "…")
		}
	}
	return message
}
