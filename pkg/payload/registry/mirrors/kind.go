package mirrors

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
)

// confKeys are the top-level keys of a registries.conf, of versions 2 and 1.
var confKeys = []string{
	"registry", "registries", "unqualified-search-registries", "credential-helpers", "additional-layer-store-auth-helper",
	"short-name-mode", "aliases",
}

// setFlags are the flags for the kinds of mirror sets.
var setFlags = map[string]string{
	"ImageDigestMirrorSet": "--idms-file", "ImageTagMirrorSet": "--itms-file", "ImageContentSourcePolicy": "--icsp-file",
}

// notConf describes a file that is not a registries.conf. It returns "" for one that may be; an empty file may be.
func notConf(data []byte) string {
	if top, err := tables(data); err == nil && (len(top) == 0 || isConf(top)) {
		return ""
	}
	got, _ := describe(data)
	return got
}

// describe describes a file that is not of the kind that its flag names, "" if its kind is unknown, and reports whether it
// looks like a mirror set.
func describe(data []byte) (what string, isSet bool) {
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return "an empty file", false
	case bytes.IndexByte(data, 0) >= 0:
		return "a binary file", false
	case strings.HasPrefix(http.DetectContentType(data), "text/html"):
		return "a web page", false
	}
	if top, err := tables(data); err == nil && len(top) > 0 {
		if isConf(top) {
			return "a registries.conf: give it with --registries-conf", false
		}
		return "a TOML file with " + keys(top), false
	}
	top := firstDocument(data)
	if len(top) == 0 {
		return "", false
	}
	kind, _ := top["kind"].(string)
	switch flag := setFlags[kind]; {
	case flag != "":
		return fmt.Sprintf("an %s: give it with %s", kind, flag), true
	case kind == "List":
		return "", false
	case kind == "Config":
		return "a kubeconfig", false
	case kind != "":
		return fmt.Sprintf("a Kubernetes object of kind %q", kind), false
	case top["auths"] != nil:
		return "a file with credentials: give it with --registry-config", false
	}
	return "a file with " + keys(top), false
}

// firstDocument returns the top level of the first document of a YAML file.
func firstDocument(data []byte) (top map[string]any) {
	text, err := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data))).Read()
	if err != nil || decode(text, &top, nil) != nil {
		return nil
	}
	return top
}

// tables returns the top level of a TOML file.
func tables(data []byte) (map[string]any, error) {
	var top map[string]any
	err := toml.Unmarshal(data, &top)
	return top, err
}

func isConf(top map[string]any) bool {
	return slices.ContainsFunc(confKeys, func(key string) bool { _, ok := top[key]; return ok })
}

// keys lists the first few keys of a file.
func keys[V any](top map[string]V) string {
	const most = 4
	names := slices.Sorted(maps.Keys(top))
	more := ""
	if len(names) > most {
		names, more = names[:most], " and more"
	}
	for i, name := range names {
		names[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(names, ", ") + more
}
