package kubeapi

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"

	"go.opentelemetry.io/otel/trace/noop"
	"k8s.io/apiextensions-apiserver/pkg/apiserver"
	"k8s.io/apiextensions-apiserver/pkg/cmd/server/options"
	generated "k8s.io/apiextensions-apiserver/pkg/generated/openapi"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/apiserver/pkg/endpoints/discovery/aggregated"
	namer "k8s.io/apiserver/pkg/endpoints/openapi"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/util/openapi"
	"k8s.io/apiserver/pkg/util/webhook"
	"k8s.io/client-go/kubernetes/scheme"
)

// built is a server that can be run.
type built struct {
	server  *genericapiserver.GenericAPIServer
	address string
	caFile  string
}

// build builds the server on top of an etcd.
func build(dir, etcd string, readable Readable) (*built, error) {
	o := options.NewCustomResourceDefinitionsServerOptions(io.Discard, io.Discard)
	recommended := o.RecommendedOptions
	recommended.Etcd.StorageConfig.Transport.ServerList = []string{etcd}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	serving := recommended.SecureServing
	serving.Listener, serving.BindPort = listener, listener.Addr().(*net.TCPAddr).Port
	serving.BindAddress = net.IPv4(127, 0, 0, 1)
	serving.ServerCert.CertDirectory = filepath.Join(dir, "certs")
	if err := serving.MaybeDefaultWithSelfSignedCerts("localhost", nil, []net.IP{net.IPv4(127, 0, 0, 1)}); err != nil {
		return nil, err
	}
	if err := o.Complete(); err != nil {
		return nil, err
	}
	config, err := newConfig(o, readable)
	if err != nil {
		return nil, err
	}
	server, err := newServer(o, config)
	if err != nil {
		return nil, err
	}
	for group, kinds := range map[string][]kind{"": core(), "apps": apps()} {
		if err := install(server, *recommended.Etcd, group, kinds); err != nil {
			return nil, err
		}
	}
	return &built{server: server, address: listener.Addr().String(), caFile: serving.ServerCert.CertKey.CertFile}, nil
}

func newConfig(o *options.CustomResourceDefinitionsServerOptions, readable Readable) (*genericapiserver.RecommendedConfig, error) {
	c := genericapiserver.NewRecommendedConfig(apiserver.Codecs)
	for _, err := range []error{
		o.ServerRunOptions.ApplyTo(&c.Config),
		o.RecommendedOptions.Etcd.ApplyTo(&c.Config),
		o.RecommendedOptions.SecureServing.ApplyToConfig(&c.Config),
		o.APIEnablement.ApplyTo(&c.Config, apiserver.DefaultAPIResourceConfigSource(), apiserver.Scheme),
	} {
		if err != nil {
			return nil, err
		}
	}
	c.Authentication.Authenticator, c.Authorization.Authorizer = newAuthenticator(), newAuthorizer(readable)
	definitions := openapi.GetOpenAPIDefinitionsWithoutDisabledFeatures(withSchemas(generated.GetOpenAPIDefinitions))
	names := namer.NewDefinitionNamer(apiserver.Scheme, scheme.Scheme)
	c.OpenAPIConfig = genericapiserver.DefaultOpenAPIConfig(definitions, names)
	c.OpenAPIV3Config = genericapiserver.DefaultOpenAPIV3Config(definitions, names)
	return c, nil
}

func newServer(o *options.CustomResourceDefinitionsServerOptions, c *genericapiserver.RecommendedConfig) (*genericapiserver.GenericAPIServer, error) {
	config := &apiserver.Config{
		GenericConfig: c,
		ExtraConfig: apiserver.ExtraConfig{
			CRDRESTOptionsGetter: options.NewCRDRESTOptionsGetter(*o.RecommendedOptions.Etcd, c.ResourceTransformers, c.StorageObjectCountTracker),
			MasterCount:          1,
			ServiceResolver:      noServices{},
			AuthResolverWrapper:  webhook.NewDefaultAuthenticationInfoResolverWrapper(nil, nil, c.LoopbackClientConfig, noop.NewTracerProvider()),
		},
	}
	var groups http.Handler
	c.BuildHandlerChainFunc = func(next http.Handler, c *genericapiserver.Config) http.Handler {
		return genericapiserver.DefaultBuildHandlerChain(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/apis", "/apis/": // left to the servers around it, which are not here; clients look for groups there
				groups.ServeHTTP(w, r)
			case "/version": // a build from modules has none stamped, and kubectl wants one
				w.Header().Set("Content-Type", "application/json")
				_ = json.NewEncoder(w).Encode(version.Info{Major: "1", Minor: "37", GitVersion: "v1.37.2"})
			default:
				next.ServeHTTP(w, r)
			}
		}), c)
	}
	definitions, err := config.Complete().New(genericapiserver.NewEmptyDelegate())
	if err != nil {
		return nil, err
	}
	server := definitions.GenericAPIServer
	groups = aggregated.WrapAggregatedDiscoveryToHandler(server.DiscoveryGroupManager, server.AggregatedDiscoveryGroupManager, server.AggregatedDiscoveryGroupManager)
	return server, nil
}

// noServices resolves no service: there are no webhooks.
type noServices struct{}

// ResolveEndpoint returns an error.
func (noServices) ResolveEndpoint(string, string, int32) (*url.URL, error) {
	return nil, errors.New("there are no services")
}
