package image

import (
	"context"
	"maps"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// stored is an image of a configuration and layers.
type stored struct {
	identity  Identity
	manifest  []byte // nil unless it was fetched just now
	parts     *oci.Manifest
	config    blob
	layers    []blob // the lowest first
	layerSize int64
	limits    Limits
	remote    bool         // layers are fetched at the same time
	cache     *cache.Cache // of layers; may be nil
	warnf     func(format string, args ...any)
	close     func() error // releases the source

	mu     sync.Mutex
	parsed *Config // once read
	warned sync.Once
}

func (s *stored) Identity() Identity { return s.identity }

func (s *stored) Close() error { return s.close() }

// Manifest is the image's manifest, whose digest is Identity's. It is nil if it came from the cache, because that does not
// show that the source still has it.
func (s *stored) Manifest() []byte { return s.manifest }

// Config reads the configuration once.
func (s *stored) Config(ctx context.Context) (*Config, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.parsed != nil {
		return s.parsed, nil
	}
	if err := s.readConfig(ctx); err != nil {
		return nil, s.wrap(err)
	}
	return s.parsed, nil
}

func (s *stored) readConfig(ctx context.Context) error {
	raw, err := retryDamaged(func() ([]byte, error) { return s.config.read(ctx) })
	if err != nil {
		return err
	}
	c, err := parseConfig(raw)
	if err != nil {
		return err
	}
	c.Digest, c.LayerSize = s.config.digest, s.layerSize
	s.parsed = c
	return nil
}

func (s *stored) labelled(ctx context.Context) (bool, error) {
	c, err := s.Config(ctx)
	if err != nil {
		return false, err
	}
	return c.Labels[releaseLabel] != "", nil
}

func (s *stored) notRelease(read int, t *tree) error {
	file := path.Join(ReleaseDirectory, payload.ReferencesName)
	switch {
	case len(s.layers) == 0:
		return s.wrap(fault.Errorf(fault.NotFound, "not a release: the image has no layers, so no %s", file))
	case len(s.layers) == 1:
		return s.wrap(fault.Errorf(fault.NotFound, "not a release: its only layer does not hold %s", file))
	case read == len(s.layers):
		return s.wrap(fault.Errorf(fault.NotFound, "not a release: none of its %d layers holds %s", read, file))
	case t.has(file):
		return s.wrap(fault.Errorf(fault.NotFound, "not a release: a layer removes %s", file))
	}
	return s.wrap(fault.Errorf(fault.NotFound, "not a release: its top layer does not hold %s and its configuration has no label %s", file, releaseLabel))
}

// warn warns once about files in directories, which neither the operator nor this program reads.
func (s *stored) warn(t *tree) {
	const why = "directories below " + ReleaseDirectory + " are skipped, as the operator does"
	s.warned.Do(func() {
		switch nested := slices.Sorted(maps.Keys(t.nested)); len(nested) {
		case 0:
		case 1:
			s.warnf("%s is left out: %s", nested[0], why)
		default:
			s.warnf("%s and %d more files are left out: %s", nested[0], len(nested)-1, why)
		}
	})
}

func (s *stored) wrap(err error) error { return withSubject(s.identity.Reference, err) }

// releaseLabel is on every release image, with the version; oc adm release new sets it.
const releaseLabel = "io.openshift.release"

// parseConfig reads an image's configuration. Fields that are not used may have any value.
func parseConfig(raw []byte) (*Config, error) {
	var fields struct {
		Created      string `json:"created"`
		Architecture string `json:"architecture"`
		OS           string `json:"os"`
		Size         int64  `json:"size"` // in an info document alone
		Config       struct {
			Labels map[string]string `json:"Labels"`
		} `json:"config"`
		RootFS struct {
			DiffIDs []digest.Digest `json:"diff_ids"`
		} `json:"rootfs"`
	}
	if err := document.Decode(raw, &fields); err != nil {
		return nil, fault.Errorf(fault.Integrity, "the image's configuration: %w", err)
	}
	c := &Config{
		Raw: raw, LayerSize: fields.Size, Architecture: fields.Architecture, OS: fields.OS,
		Labels: fields.Config.Labels, diffIDs: fields.RootFS.DiffIDs,
	}
	// A time that cannot be parsed counts as absent.
	c.Created, _ = time.Parse(time.RFC3339Nano, fields.Created)
	return c, nil
}
