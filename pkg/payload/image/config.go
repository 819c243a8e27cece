package image

import (
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// releaseLabel is on every release image, with the version; oc adm release new sets it.
const releaseLabel = "io.openshift.release"

// parseConfig reads an image's configuration; what is not used of it may be anything.
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
	// A time that cannot be read is as good as none.
	c.Created, _ = time.Parse(time.RFC3339Nano, fields.Created)
	return c, nil
}
