package plugin

import (
	"context"
	"io"
	"os"

	"sigs.k8s.io/yaml"

	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// maxInputSize is the largest size in bytes of a file that a flag names.
const maxInputSize = 4 << 20

// readInput reads a file or pipe of up to maxInputSize. It returns when ctx ends, because a pipe may block forever.
func readInput(ctx context.Context, flag, path string) ([]byte, error) {
	type result struct {
		data []byte
		err  error
	}
	done := make(chan result, 1)
	meter := progress.Begin(ctx, progress.Task{What: flag + " " + path})
	defer meter.End()
	go func() {
		file, err := os.Open(path)
		if err != nil {
			done <- result{err: err}
			return
		}
		defer file.Close()
		data, err := io.ReadAll(io.LimitReader(progress.Reader(meter, file), maxInputSize+1))
		done <- result{data, err}
	}()
	select {
	case r := <-done:
		switch {
		case r.err != nil:
			return nil, fault.Errorf(fault.Local, "%s: %w", flag, r.err)
		case len(r.data) > maxInputSize:
			return nil, fault.Errorf(fault.Usage, "%s: %s has more than %d bytes", flag, path, maxInputSize)
		}
		return r.data, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// readInstallConfig reads an install config; nil for path "".
func readInstallConfig(ctx context.Context, path string) (*manifest.InstallConfig, error) {
	if path == "" {
		return nil, nil
	}
	data, err := readInput(ctx, "--install-config", path)
	if err != nil {
		return nil, err
	}
	parsed, err := manifest.ParseInstallConfig(data)
	if err != nil {
		return nil, fault.Errorf(fault.Usage, "--install-config %s: %w", path, err)
	}
	return &parsed, nil
}

// readOverrides reads overrides from a ClusterVersion, from its spec, or from a list; nil for path "".
func readOverrides(ctx context.Context, path string) ([]manifest.Override, error) {
	if path == "" {
		return nil, nil
	}
	data, err := readInput(ctx, "--overrides", path)
	if err != nil {
		return nil, err
	}
	wrap := func(err error) error {
		return fault.Errorf(fault.Usage, "--overrides %s: want a ClusterVersion or the list of its overrides: %w", path, err)
	}
	if _, err := document.ToJSON(data, nil); err != nil { // enforces the limits
		return nil, wrap(err)
	}
	var content any
	if err := yaml.Unmarshal(data, &content); err != nil {
		return nil, wrap(err)
	}
	if _, isList := content.([]any); isList {
		var list []manifest.Override
		if err := yaml.UnmarshalStrict(data, &list); err != nil {
			return nil, wrap(err)
		}
		return list, nil
	}
	type overrides struct {
		Overrides []manifest.Override `json:"overrides"`
	}
	var object struct {
		overrides `json:",inline"`
		Kind      string    `json:"kind"`
		Spec      overrides `json:"spec"`
	}
	if _, isObject := content.(map[string]any); !isObject {
		return nil, fault.Errorf(fault.Usage, "--overrides %s: want a ClusterVersion or the list of its overrides", path)
	}
	if err := yaml.Unmarshal(data, &object); err != nil {
		return nil, wrap(err)
	}
	if object.Kind != "" && object.Kind != "ClusterVersion" {
		return nil, fault.Errorf(fault.Usage, "--overrides %s: its kind is %s: want a ClusterVersion, as printed by `oc get clusterversion version -o yaml`, or the list of its overrides", path, object.Kind)
	}
	all := append(object.Overrides, object.Spec.Overrides...)
	if len(all) == 0 && object.Kind != "ClusterVersion" {
		return nil, fault.Errorf(fault.Usage, "--overrides %s: it has no overrides: want a ClusterVersion or the list of its overrides", path)
	}
	return all, nil
}
