// Package kubeapi starts a real API server in the process of a test: an embedded etcd, the API server for custom
// resources, Secrets, ConfigMaps and Deployments, with TLS and bearer tokens.
package kubeapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// The tokens that the server accepts, by user.
const (
	AdminToken  = "token-of-admin"  // of a user who may do everything
	ReaderToken = "token-of-reader" // of a user who may get what Readable allows
	NobodyToken = "token-of-nobody" // of one who may see no object
)

// startTime limits the start of each part; all of them together take about a second.
const startTime = 3 * time.Minute

// Readable reports whether the user reader may get an object.
type Readable func(group, resource, namespace string) bool

// Server is a running API server.
type Server struct {
	URL    string
	CAFile string
	dir    string
}

// Start starts a server with its data in dir. stop stops it and waits for its end.
func Start(dir string, readable Readable) (server *Server, stop func(), err error) {
	etcd, err := startEtcd(filepath.Join(dir, "etcd"))
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			cancel()
			etcd.Close()
		}
	}()
	built, err := build(dir, "http://"+etcd.Clients[0].Addr().String(), readable)
	if err != nil {
		return nil, nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- built.server.PrepareRun().RunWithContext(ctx) }()
	server = &Server{URL: "https://" + built.address, CAFile: built.caFile, dir: dir}
	if err = server.await(ended); err != nil {
		return nil, nil, err
	}
	return server, func() { cancel(); <-ended; etcd.Close() }, nil
}

// await waits until the server reports that it is ready.
func (s *Server) await(ended <-chan error) error {
	client, err := rest.HTTPClientFor(s.Config(AdminToken))
	if err != nil {
		return err
	}
	for deadline := time.Now().Add(startTime); ; time.Sleep(20 * time.Millisecond) {
		response, err := client.Get(s.URL + "/readyz")
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
			err = errors.New(response.Status)
		}
		select {
		case err := <-ended:
			return fmt.Errorf("the API server ended: %w", err)
		default:
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the API server is not ready: %w", err)
		}
	}
}

// Config returns the configuration of a client with a token.
func (s *Server) Config(token string) *rest.Config {
	return &rest.Config{Host: s.URL, BearerToken: token, QPS: -1, TLSClientConfig: rest.TLSClientConfig{CAFile: s.CAFile}}
}

// Kubeconfig writes a kubeconfig for a token and returns its path.
func (s *Server) Kubeconfig(token string) (string, error) {
	c := api.NewConfig()
	c.Clusters["lab"] = &api.Cluster{Server: s.URL, CertificateAuthority: s.CAFile}
	c.AuthInfos["user"] = &api.AuthInfo{Token: token}
	c.Contexts["lab"] = &api.Context{Cluster: "lab", AuthInfo: "user"}
	c.CurrentContext = "lab"
	path := filepath.Join(s.dir, token+".kubeconfig")
	return path, clientcmd.WriteToFile(*c, path)
}
