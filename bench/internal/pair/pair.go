// Package pair is the two registries that releases are copied between: the reference registry twice, with its files on disk. The
// source has generated releases; the target is empty for every run.
package pair

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry/handlers"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
	"github.com/sirupsen/logrus"

	"github.com/release-x/oc-release-x/bench/internal/served"
)

// Pair is a source and a target. One run at a time may use them.
type Pair struct {
	Source, Target *served.Registry
	source, target *store
}

// Start starts both registries with empty stores below dir, over HTTPS or over plain HTTP.
func Start(dir string, plain bool) (*Pair, error) {
	logrus.SetOutput(io.Discard) // the registry logs every request
	p := &Pair{source: &store{dir: filepath.Join(dir, "source")}, target: &store{dir: filepath.Join(dir, "target")}}
	for _, s := range []*store{p.source, p.target} {
		if err := s.renew(); err != nil {
			return nil, err
		}
	}
	var err error
	if p.Source, err = served.Serve(p.source, p.source.close, plain); err != nil {
		return nil, err
	}
	if p.Target, err = served.Serve(p.target, p.target.close, plain); err != nil {
		return nil, errors.Join(err, p.Source.Close())
	}
	return p, nil
}

// NewTarget empties the target. Its address stays.
func (p *Pair) NewTarget() error { return p.target.renew() }

// Close ends both registries and deletes what they store.
func (p *Pair) Close() error { return errors.Join(p.Source.Close(), p.Target.Close()) }

// store is a registry whose contents can be replaced by nothing while it is served.
type store struct {
	dir string
	n   int
	app atomic.Pointer[handlers.App]
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.app.Load().ServeHTTP(w, r) }

// root is the directory of the current contents.
func (s *store) root() string { return filepath.Join(s.dir, strconv.Itoa(s.n)) }

func (s *store) renew() error {
	if err := s.close(); err != nil {
		return err
	}
	s.n++
	if err := os.MkdirAll(s.root(), 0o755); err != nil {
		return fmt.Errorf("making a registry: %w", err)
	}
	config := &configuration.Configuration{Storage: configuration.Storage{
		"filesystem":  configuration.Parameters{"rootdirectory": s.root()},
		"cache":       configuration.Parameters{"blobdescriptor": "inmemory"},
		"delete":      configuration.Parameters{"enabled": true},
		"maintenance": configuration.Parameters{"uploadpurging": map[any]any{"enabled": false}},
	}}
	config.HTTP.Secret = "of uploads"
	s.app.Store(handlers.NewApp(context.Background(), config))
	return nil
}

func (s *store) close() error {
	app := s.app.Load()
	if app == nil {
		return nil
	}
	err := app.Shutdown()
	if err := errors.Join(err, os.RemoveAll(s.root())); err != nil {
		return fmt.Errorf("emptying a registry: %w", err)
	}
	return nil
}
