package pair

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/opencontainers/go-digest"
)

// Check checks that a repository of the target has releases: every tag with its digest, every blob with its size, and every
// signature that the source has if signatures is set. It is not counted.
func (p *Pair) Check(repository string, signatures bool, releases ...Release) error {
	blobs := map[digest.Digest]bool{}
	for _, release := range releases {
		for _, image := range release.Images {
			if err := p.checkManifest(repository, release.Tag(image), image.Digest); err != nil {
				return err
			}
			needed := image.blobs
			if signatures && image.Signature != "" {
				if err := p.checkManifest(repository, signatureTag(image.Digest), image.Signature); err != nil {
					return err
				}
				needed = append(needed[:len(needed):len(needed)], image.signed...)
			}
			for _, d := range needed {
				if blobs[d.Digest] {
					continue
				}
				blobs[d.Digest] = true
				if err := p.checkBlob(repository, d); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (p *Pair) checkManifest(repository, tag string, want digest.Digest) error {
	answer := p.head("/v2/" + repository + "/manifests/" + tag)
	if got := answer.Header.Get("Docker-Content-Digest"); answer.StatusCode != http.StatusOK || got != want.String() {
		return fmt.Errorf("the target has %q as %s (%s), and not %s", got, tag, answer.Status, want)
	}
	return nil
}

func (p *Pair) checkBlob(repository string, d descriptor) error {
	answer := p.head("/v2/" + repository + "/blobs/" + d.Digest.String())
	if got := answer.Header.Get("Content-Length"); answer.StatusCode != http.StatusOK || got != fmt.Sprint(d.Size) {
		return fmt.Errorf("the target has %s bytes of the blob %s (%s), and not %d", got, d.Digest, answer.Status, d.Size)
	}
	return nil
}

// head asks the target without its counter.
func (p *Pair) head(path string) *http.Response {
	request := httptest.NewRequest(http.MethodHead, path, nil)
	for _, accepted := range []string{mediaTypeDockerManifest, mediaTypeOCIManifest} {
		request.Header.Add("Accept", accepted)
	}
	recorder := httptest.NewRecorder()
	p.target.ServeHTTP(recorder, request)
	return recorder.Result()
}
