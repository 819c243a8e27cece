package auth

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// config is a file with credentials. Its entries are decoded when they are needed, so that a broken one affects only its own
// registry.
type config struct {
	auths   map[string]json.RawMessage // by canonical key
	helpers map[string]string          // by canonical host
	store   string
}

// parse reads docker's config.json, podman's auth.json, a pull secret or, with legacy, a .dockercfg. Its errors do not quote
// the content.
func parse(data []byte, legacy bool) (*config, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	var doc struct {
		Auths       map[string]json.RawMessage `json:"auths"`
		CredHelpers map[string]string          `json:"credHelpers"`
		CredsStore  string                     `json:"credsStore"`
	}
	var target any = &doc
	if legacy {
		target = &doc.Auths
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("it is empty")
	}
	if err := json.Unmarshal(data, target); err != nil {
		return nil, malformed(err)
	}
	c := &config{auths: map[string]json.RawMessage{}, helpers: map[string]string{}, store: doc.CredsStore}
	// Several keys can mean one host: the plain one wins, then the first in sorted order.
	for _, key := range slices.Sorted(maps.Keys(doc.Auths)) {
		name := canonicalKey(key)
		if _, taken := c.auths[name]; !taken || key == name {
			c.auths[name] = doc.Auths[key]
		}
	}
	for _, key := range slices.Sorted(maps.Keys(doc.CredHelpers)) {
		name := canonicalKey(key)
		if _, taken := c.helpers[name]; !taken || key == name {
			c.helpers[name] = doc.CredHelpers[key]
		}
	}
	return c, nil
}

// checkKind refuses a JSON object of another kind, such as a Kubernetes object, which would be read as a file without
// credentials. Settings of docker are accepted, because its config.json has credentials and settings.
func checkKind(data []byte) error {
	var top map[string]json.RawMessage
	if err := json.Unmarshal(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), &top); err != nil {
		return malformed(err)
	}
	for _, known := range []string{
		"auths", "credHelpers", "credsStore", "currentContext", "HttpHeaders", "proxies", "plugins", "detachKeys", "psFormat", "aliases", "features", "cliPluginsExtraDirs",
	} {
		if _, ok := top[known]; ok {
			return nil
		}
	}
	var kind string
	switch _ = json.Unmarshal(top["kind"], &kind); {
	case len(top) == 0:
		return nil
	case kind != "":
		return fmt.Errorf("it is a Kubernetes object of kind %q, not an auth file with auths", kind)
	}
	return errors.New("it is not an auth file: it has none of auths, credHelpers and credsStore")
}

// malformed describes a JSON error by its position. The error's own text could quote a secret.
func malformed(err error) error {
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("it is not valid JSON, at byte %d", e.Offset)
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && e.Field != "" {
		return fmt.Errorf("it is not an auth file: %s is not what belongs there", strings.SplitN(e.Field, ".", 2)[0])
	}
	return errors.New("it is not an auth file")
}

// decodeEntry reads one entry of "auths".
func decodeEntry(raw json.RawMessage) (Credential, error) {
	var entry struct {
		Auth          string `json:"auth"`
		Username      string `json:"username"`
		Password      string `json:"password"`
		IdentityToken string `json:"identitytoken"`
		RegistryToken string `json:"registrytoken"`
	}
	if err := json.Unmarshal(raw, &entry); err != nil {
		return Credential{}, errors.New("is not an object with auth, username and password, identitytoken or registrytoken")
	}
	c := Credential{
		Username: entry.Username, Password: entry.Password,
		IdentityToken: entry.IdentityToken, RegistryToken: entry.RegistryToken,
	}
	if entry.Auth == "" {
		return c, nil
	}
	text, err := base64.StdEncoding.DecodeString(entry.Auth)
	if err != nil {
		text, err = base64.RawStdEncoding.DecodeString(entry.Auth)
	}
	user, password, ok := strings.Cut(string(text), ":")
	if err != nil || !ok {
		return Credential{}, errors.New(`has an "auth" that is not base64 of user:password`)
	}
	c.Username, c.Password = user, strings.TrimRight(password, "\x00")
	return c, nil
}

// canonicalHost returns a host in lower case, and one name for all hosts of Docker Hub.
func canonicalHost(host string) string {
	host = strings.ToLower(host)
	switch host {
	case "index.docker.io", "registry-1.docker.io":
		return "docker.io"
	}
	return host
}

// canonicalKey returns a key of a file with credentials as host[:port] or host[:port]/path. A key with a scheme or with an API
// version at its end is for the host, because docker writes "https://index.docker.io/v1/".
func canonicalKey(key string) string {
	rest := key
	whole := false
	for _, scheme := range []string{"https://", "http://"} {
		if after, ok := strings.CutPrefix(rest, scheme); ok {
			rest, whole = after, true
			break
		}
	}
	host, path, _ := strings.Cut(rest, "/")
	host = canonicalHost(host)
	path = strings.Trim(path, "/")
	if whole || path == "" || (strings.HasSuffix(rest, "/") && (path == "v1" || path == "v2")) {
		return host
	}
	return host + "/" + path
}
