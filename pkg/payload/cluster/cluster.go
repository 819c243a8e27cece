package cluster

import (
	"context"
	"encoding/json"
	"net/url"
	"path"
	"strings"
	"sync"

	"k8s.io/client-go/rest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// Cluster is the cluster that a configuration names. It is safe for use by several goroutines.
type Cluster struct {
	connect func() (*client, error)

	mu      sync.Mutex
	version *Version // once it was read
}

// New makes a cluster of what config gives. Nothing is read, config not even called, before the first question; an
// error of config is the answer to every question.
func New(config func() (*rest.Config, error)) *Cluster {
	return &Cluster{connect: sync.OnceValues(func() (*client, error) {
		c, err := config()
		if err != nil {
			return nil, err
		}
		return newClient(c)
	})}
}

// object is one object of the API server.
type object struct {
	group, plural     string // the group of a core object is empty
	namespace, object string
	query             url.Values // of a list, whose object is empty
}

// resource is what permissions are about: clusterversions.config.openshift.io.
func (o object) resource() string {
	if o.group == "" {
		return o.plural
	}
	return o.plural + "." + o.group
}

func (o object) String() string {
	name := o.resource()
	if o.object != "" {
		name += "/" + o.object
	}
	if o.namespace != "" {
		name += " in namespace " + o.namespace
	}
	return name
}

// path is where the API server has the object.
func (o object) path() string {
	base := "/api/v1"
	if o.group != "" {
		base = path.Join("/apis", o.group, "v1")
	}
	if o.namespace != "" {
		base = path.Join(base, "namespaces", o.namespace)
	}
	return path.Join(base, o.plural, o.object)
}

// get reads an object into a struct with the fields that matter.
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
		return api, fault.Errorf(fault.Integrity, "the server %s is not an API server of OpenShift: what it sends as %s is no such object", api.host, o)
	}
	return api, nil
}

// Get reads one object or a list as the API server gives it: JSON of a path like /api/v1/namespaces/NAMESPACE/PLURAL or
// /apis/GROUP/v1/PLURAL/NAME.
func (c *Cluster) Get(ctx context.Context, path string, query url.Values) ([]byte, error) {
	o, ok := objectAt(path)
	if !ok {
		return nil, fault.Errorf(fault.Internal, "%q is no path of an object", path)
	}
	o.query = query
	api, err := c.connect()
	if err != nil {
		return nil, err
	}
	return api.get(ctx, o)
}

// objectAt is the reverse of path.
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
		o.object = parts[1]
	}
	return o, true
}
