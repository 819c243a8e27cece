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

// inputLimit is how many bytes a file that a flag names may have.
const inputLimit = 4 << 20

// readInput reads a small file, pipes too. It ends with ctx, since a pipe may never, and at inputLimit.
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
		data, err := io.ReadAll(io.LimitReader(progress.Reader(meter, file), inputLimit+1))
		done <- result{data, err}
	}()
	select {
	case r := <-done:
		switch {
		case r.err != nil:
			return nil, fault.Errorf(fault.Local, "%s: %w", flag, r.err)
		case len(r.data) > inputLimit:
			return nil, fault.Errorf(fault.Usage, "%s: %s has more than %d bytes", flag, path, inputLimit)
		}
		return r.data, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// readInstallConfig reads an installer's file; "" names none.
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

// readOverrides reads the overrides of a ClusterVersion: it, its spec, or the list alone; "" names none.
func readOverrides(ctx context.Context, path string) ([]manifest.Override, error) {
	if path == "" {
		return nil, nil
	}
	data, err := readInput(ctx, "--overrides", path)
	if err != nil {
		return nil, err
	}
	mistake := func(err error) error {
		return fault.Errorf(fault.Usage, "--overrides %s: want a ClusterVersion or the list of its overrides: %w", path, err)
	}
	if _, err := document.ToJSON(data, nil); err != nil { // the reader that has bounds
		return nil, mistake(err)
	}
	var content any
	if err := yaml.Unmarshal(data, &content); err != nil {
		return nil, mistake(err)
	}
	if _, isList := content.([]any); isList {
		var list []manifest.Override
		if err := yaml.UnmarshalStrict(data, &list); err != nil {
			return nil, mistake(err)
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
		return nil, mistake(err)
	}
	if object.Kind != "" && object.Kind != "ClusterVersion" {
		return nil, fault.Errorf(fault.Usage, "--overrides %s: its kind is %s: want a ClusterVersion, such as `oc get clusterversion version -o yaml` prints, or the list of its overrides", path, object.Kind)
	}
	all := append(object.Overrides, object.Spec.Overrides...)
	if len(all) == 0 && object.Kind != "ClusterVersion" {
		return nil, fault.Errorf(fault.Usage, "--overrides %s: it has no overrides: want a ClusterVersion or the list of its overrides", path)
	}
	return all, nil
}
