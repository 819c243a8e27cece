// Package cluster asks a connected cluster about its release, its settings and its pull secret.
//
// It needs a few fields of a few objects, so it reads each with one GET through the HTTP client that the kubeconfig describes,
// without client-go's typed and dynamic clients.
package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/rest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// Cluster is the cluster that a configuration names. It is safe for use by several goroutines.
type Cluster struct {
	connect func() (*client, error)

	mu      sync.Mutex
	version *Version // nil until it was read
}

// New returns the cluster of a configuration. config is called for the first request; its error is that of every request.
func New(config func() (*rest.Config, error)) *Cluster {
	return &Cluster{connect: sync.OnceValues(func() (*client, error) {
		c, err := config()
		if err != nil {
			return nil, err
		}
		return newClient(c)
	})}
}

// ErrNotConfigured is in the chain of an error if no flag, file or variable names a cluster.
var ErrNotConfigured = errors.New("no cluster is configured: name a kubeconfig with --kubeconfig or $KUBECONFIG")

// Briefly limits requests to a cluster that no flag names to three seconds, where the command can do without the answer.
func Briefly(ctx context.Context) (context.Context, context.CancelFunc) {
	const limit = 3 * time.Second
	return context.WithTimeoutCause(ctx, limit, fmt.Errorf("no answer within %s", limit))
}

// IsConfigurationError reports whether an error is about the configuration and not about the cluster.
func IsConfigurationError(err error) bool {
	kind := fault.KindOf(err)
	return kind == fault.Usage || kind == fault.Local
}

// object names an object, or a list, of the API server.
type object struct {
	group, plural   string // the group of core objects is empty
	version         string // of the API; empty is v1
	namespace, name string // the name of a list is empty
	query           url.Values
}

// resource is the name in permissions, such as clusterversions.config.openshift.io.
func (o object) resource() string {
	if o.group == "" {
		return o.plural
	}
	return o.plural + "." + o.group
}

// apiVersion is the group and version of a grouped object.
func (o object) apiVersion() string { return path.Join(o.group, cmp.Or(o.version, "v1")) }

func (o object) String() string {
	text := o.resource()
	if o.name != "" {
		text += "/" + o.name
	}
	if o.namespace != "" {
		text += " in namespace " + o.namespace
	}
	return text
}

// path is the path of the object's URL.
func (o object) path() string {
	base := "/api/v1"
	if o.group != "" {
		base = path.Join("/apis", o.apiVersion())
	}
	if o.namespace != "" {
		base = path.Join(base, "namespaces", o.namespace)
	}
	return path.Join(base, o.plural, o.name)
}

// get reads an object into a struct that has the fields that matter.
func (c *Cluster) get(ctx context.Context, o object, into any) (*client, error) {
	api, err := c.connect()
	if err != nil {
		return nil, err
	}
	body, err := api.get(ctx, o)
	if err != nil {
		return api, err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return api, fault.Errorf(fault.Integrity, "the server %s is not an API server of OpenShift: its answer for %s is not such an object", api.host, o)
	}
	return api, nil
}

// Get returns the API server's JSON of an object or a list. The path is like /api/v1/namespaces/NAMESPACE/PLURAL or
// /apis/GROUP/v1/PLURAL/NAME; query has parameters of a list.
func (c *Cluster) Get(ctx context.Context, path string, query url.Values) ([]byte, error) {
	o, ok := objectAt(path)
	if !ok {
		return nil, fault.Errorf(fault.Internal, "%q is not the path of an object", path)
	}
	o.query = query
	api, err := c.connect()
	if err != nil {
		return nil, err
	}
	return api.get(ctx, o)
}

// objectAt parses a path; it is the inverse of object.path.
func objectAt(path string) (object, bool) {
	var o object
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	switch {
	case len(parts) > 2 && parts[0] == "api" && parts[1] == "v1":
		parts = parts[2:]
	case len(parts) > 3 && parts[0] == "apis" && parts[2] == "v1":
		o.group, parts = parts[1], parts[3:]
	default:
		return object{}, false
	}
	if len(parts) > 2 && parts[0] == "namespaces" {
		o.namespace, parts = parts[1], parts[2:]
	}
	if len(parts) > 2 {
		return object{}, false
	}
	o.plural = parts[0]
	if len(parts) == 2 {
		o.name = parts[1]
	}
	return o, true
}
