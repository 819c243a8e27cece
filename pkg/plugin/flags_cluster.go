package plugin

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
	"sigs.k8s.io/yaml"

	"github.com/release-x/oc-release-x/pkg/payload/cluster"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// clusterFlags choose the connected cluster, with cli-runtime's ConfigFlags, and whether to use its pull secret.
type clusterFlags struct {
	kubectl    *genericclioptions.ConfigFlags
	pullSecret bool
}

// newClusterFlags returns ConfigFlags without --certificate-authority, --cache-dir and --namespace, which have other
// meanings here, and without the deprecated flags for passwords.
func newClusterFlags() clusterFlags {
	kubectl := genericclioptions.NewConfigFlags(true)
	kubectl.CAFile, kubectl.CacheDir, kubectl.Namespace, kubectl.Username, kubectl.Password = nil, nil, nil, nil, nil
	return clusterFlags{kubectl: kubectl}
}

func (c *clusterFlags) add(flags *pflag.FlagSet) {
	c.kubectl.AddFlags(flags)
	flags.Lookup("request-timeout").Usage = "Timeout of requests to the API server, such as 5s or 2m; 0 means 30s"
	flags.BoolVar(&c.pullSecret, "pull-secret-from-cluster", false, "Take registry credentials from the connected cluster's pull secret")
}

// given reports whether the command line itself names a cluster.
func (c *clusterFlags) given() bool {
	k := c.kubectl
	return cmp.Or(*k.KubeConfig, *k.Context, *k.ClusterName, *k.AuthInfoName, *k.APIServer) != ""
}

// check refuses invalid values. It reads the files that flags name and contacts no server.
func (c *clusterFlags) check() error {
	if _, err := clientcmd.ParseTimeout(*c.kubectl.Timeout); err != nil {
		return fault.Errorf(fault.Usage, "--request-timeout %q: want a time such as 5s or 2m", *c.kubectl.Timeout)
	}
	if err := checkClientPair(*c.kubectl.CertFile, *c.kubectl.KeyFile); err != nil {
		return err
	}
	return c.checkKubeconfig()
}

// config returns the configuration for the API server, from the kubeconfig and the flags, or from the service account of
// the pod if there is no kubeconfig. Its error is cluster.ErrNotConfigured if nothing names a cluster. It contacts no
// server.
func (c *clusterFlags) config() (*rest.Config, error) {
	raw, err := c.rawConfig()
	if err != nil {
		return nil, err
	}
	config, err := c.kubectl.ToRESTConfig()
	if err != nil {
		return nil, fault.Errorf(fault.Usage, "the kubeconfig: %s", c.withoutPasswords(raw, err.Error()))
	}
	// ToRESTConfig falls back to localhost:8080, which is no cluster. A pod's service account has a token file.
	named := cmp.Or(*c.kubectl.APIServer, *c.kubectl.ClusterName, *c.kubectl.Context, raw.CurrentContext) != ""
	if !named && config.BearerTokenFile == "" {
		return nil, noCluster(raw)
	}
	config.UserAgent = userAgent()
	return config, nil
}

// withoutPasswords removes addresses that may have a password from a message.
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

// notKubeconfig is the error text for a file of another kind.
const notKubeconfig = "it is not a kubeconfig: want YAML or JSON with kind: Config"

// checkKubeconfig reads the file of --kubeconfig. Like kubectl, it accepts an empty file.
func (c *clusterFlags) checkKubeconfig() error {
	path := *c.kubectl.KubeConfig
	if path == "" {
		return nil
	}
	raw, err := c.rawConfig()
	if err != nil || !api.IsConfigEmpty(raw) {
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return fault.Errorf(fault.Local, "--kubeconfig: %w", err)
	}
	var object struct {
		Kind string `json:"kind"`
	}
	err = yaml.Unmarshal(data, &object)
	if len(bytes.TrimSpace(data)) > 0 && (err != nil || object.Kind != "Config") {
		return fault.Errorf(fault.Usage, "--kubeconfig %q: %s", path, notKubeconfig)
	}
	return nil
}

// checkClientPair reads the files of --client-certificate and --client-key, if given. The key must belong to the
// certificate.
func checkClientPair(certificate, key string) error {
	certificates, err := readPEM("--client-certificate", certificate, "a PEM file with certificates", func(data []byte) error {
		_, err := cert.ParseCertsPEM(data)
		return err
	})
	if err != nil {
		return err
	}
	keys, err := readPEM("--client-key", key, "a PEM file with a private key that needs no password", func(data []byte) error {
		_, err := keyutil.ParsePrivateKeyPEM(data)
		return err
	})
	if err != nil || certificates == nil || keys == nil {
		return err
	}
	if _, err := tls.X509KeyPair(certificates, keys); err != nil {
		return fault.Errorf(fault.Usage, "--client-key %s is not the key of --client-certificate %s: %w", key, certificate, err)
	}
	return nil
}

// readPEM reads a file and checks it with parse. It returns nil for path "" and for a pipe, which can be read only once.
func readPEM(flag, path, want string, parse func([]byte) error) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return nil, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.Errorf(fault.Local, "%s: %w", flag, err)
	}
	if err := parse(data); err != nil {
		return nil, fault.Errorf(fault.Usage, "%s %s: want %s: %w", flag, path, want, err)
	}
	return data, nil
}

// rawConfig reads the kubeconfig, and checks that it has the context of --context.
func (c *clusterFlags) rawConfig() (*api.Config, error) {
	raw, err := c.kubectl.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return nil, c.kubeconfigError(err)
	}
	if name := *c.kubectl.Context; name != "" && raw.Contexts[name] == nil {
		return nil, fault.Errorf(fault.Usage, "--context %q: %s", name, contexts(&raw))
	}
	return &raw, nil
}

// kubeconfigError shortens the error for a kubeconfig that cannot be read.
func (c *clusterFlags) kubeconfigError(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return fault.Errorf(fault.Local, "--kubeconfig: %w", path)
	}
	subject := "the kubeconfig"
	if *c.kubectl.KubeConfig != "" {
		subject = "--kubeconfig"
	}
	_, rest, found := strings.Cut(err.Error(), "error loading config file ")
	name, why, _ := strings.Cut(rest, ": ")
	switch {
	case !found:
		return fault.Errorf(fault.Usage, "%s: %w", subject, err)
	case strings.Contains(why, "get version/kind"), strings.Contains(why, "Go value"), strings.Contains(why, "is registered for version"):
		why = notKubeconfig
	}
	return fault.Errorf(fault.Usage, "%s %s: %s", subject, name, why)
}

// noCluster is the error when no flag and no kubeconfig names a cluster.
func noCluster(raw *api.Config) error {
	if len(raw.Contexts) == 0 {
		return fault.Errorf(fault.Usage, "%w", cluster.ErrNotConfigured)
	}
	return fault.Errorf(fault.Usage, "%w", noContextError{contexts(raw)})
}

// noContextError is cluster.ErrNotConfigured for a kubeconfig with contexts but without a current one.
type noContextError struct{ contexts string }

func (e noContextError) Error() string {
	return "no cluster is chosen: the kubeconfig has no current context, and --context is not given; " + e.contexts
}

// Is reports that the error is cluster.ErrNotConfigured.
func (e noContextError) Is(target error) bool { return target == cluster.ErrNotConfigured }

// contexts lists the contexts of a kubeconfig for an error.
func contexts(raw *api.Config) string {
	if len(raw.Contexts) == 0 {
		return "the kubeconfig has no contexts"
	}
	return "the kubeconfig has " + strings.Join(slices.Sorted(maps.Keys(raw.Contexts)), ", ")
}
