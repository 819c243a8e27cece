package auth

import "strings"

// canonicalHost lower-cases a host and gives Docker Hub its one name.
func canonicalHost(host string) string {
	host = strings.ToLower(host)
	switch host {
	case "index.docker.io", "registry-1.docker.io":
		return "docker.io"
	}
	return host
}

// canonicalKey reduces a key of an auth file to host[:port] or host[:port]/path. A key with a scheme, or one that
// ends in an API version, means the whole host: docker writes "https://index.docker.io/v1/".
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
