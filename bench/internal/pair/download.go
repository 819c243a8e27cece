package pair

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/opencontainers/go-digest"
)

// atOnce is how many requests Download makes at once. On the link that is enough to never wait for an answer alone.
const atOnce = 64

// Download reads a release with its signatures from host, each manifest and each blob once, and keeps nothing. It waits as seldom as
// a program can that only knows the tag: for the manifest of the release, for the payload with the names of the components, then for
// the manifest of each component before its blobs. So it shows what the link allows: who copies the release needs this time at least.
func (p *Pair) Download(ctx context.Context, host string, release Release) (time.Duration, error) {
	d := &download{scheme: "https://", client: p.Source.MultiplexingClient(), host: host, permits: make(chan struct{}, atOnce), asked: map[digest.Digest]bool{}}
	if p.Source.Plain() {
		d.scheme = "http://"
	}
	defer d.client.CloseIdleConnections()
	start := time.Now()
	last := len(release.Images) - 1
	payload := release.Images[last]
	err := d.image(ctx, ReleaseRepository, release.Tag(payload), payload)
	d.running.Wait()
	if err == nil && payload.Signature != "" {
		d.goImage(ctx, ReleaseRepository, signatureTag(payload.Digest), Image{blobs: payload.signed})
	}
	for _, image := range release.Images[:last] {
		d.goImage(ctx, ComponentRepository, image.Digest.String(), image)
		if image.Signature != "" {
			d.goImage(ctx, ComponentRepository, signatureTag(image.Digest), Image{blobs: image.signed})
		}
	}
	d.running.Wait()
	return time.Since(start), errors.Join(append(d.failures, err)...)
}

// download is one run of Download.
type download struct {
	scheme, host string
	client       *http.Client
	permits      chan struct{}
	running      sync.WaitGroup

	mu       sync.Mutex
	asked    map[digest.Digest]bool // blobs
	failures []error
}

// goImage reads an image without waiting for it.
func (d *download) goImage(ctx context.Context, repository, name string, image Image) {
	d.running.Go(func() { d.note(d.image(ctx, repository, name, image)) })
}

// image reads a manifest, and then begins to read its blobs.
func (d *download) image(ctx context.Context, repository, name string, image Image) error {
	if err := d.get(ctx, repository+"/manifests/"+name); err != nil {
		return err
	}
	for _, blob := range image.blobs {
		if d.first(blob.Digest) {
			d.running.Go(func() { d.note(d.get(ctx, repository+"/blobs/"+blob.Digest.String())) })
		}
	}
	return nil
}

// first reports whether a blob is asked for the first time.
func (d *download) first(blob digest.Digest) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	first := !d.asked[blob]
	d.asked[blob] = true
	return first
}

func (d *download) note(err error) {
	if err == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failures = append(d.failures, err)
}

func (d *download) get(ctx context.Context, path string) error {
	d.permits <- struct{}{}
	defer func() { <-d.permits }()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.scheme+d.host+"/v2/"+path, nil)
	if err != nil {
		return fmt.Errorf("downloading: %w", err)
	}
	request.Header.Set("Accept", strings.Join([]string{mediaTypeDockerManifest, mediaTypeOCIManifest}, ", "))
	response, err := d.client.Do(request)
	if err != nil {
		return fmt.Errorf("downloading: %w", err)
	}
	defer response.Body.Close()
	if _, err = io.Copy(io.Discard, response.Body); err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(response.Status)
	}
	if err != nil {
		return fmt.Errorf("downloading %s: %w", path, err)
	}
	return nil
}
