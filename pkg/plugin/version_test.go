package plugin_test

import (
	"encoding/json"
	"runtime"
	"strings"
	"testing"
)

func TestVersion(t *testing.T) {
	out := good(t, run(t, "version"))
	if !strings.HasPrefix(out, "oc release-x ") || !strings.HasSuffix(out, " ("+runtime.Version()+", "+runtime.GOOS+"/"+runtime.GOARCH+")\n") {
		t.Errorf("got %q", out)
	}
	var document map[string]any
	if err := json.Unmarshal([]byte(good(t, run(t, "version", "-o", "json"))), &document); err != nil {
		t.Fatal(err)
	}
	if document["kind"] != "PluginVersion" || document["goVersion"] != runtime.Version() {
		t.Errorf("got %v", document)
	}
	flag := good(t, run(t, "--version"))
	if version, _, _ := strings.Cut(strings.TrimPrefix(out, "oc release-x "), " "); flag != "oc release-x "+version+"\n" {
		t.Errorf("--version prints %q", flag)
	}
}
