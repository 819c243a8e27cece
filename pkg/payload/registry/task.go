package registry

import (
	"github.com/regclient/regclient/types/ref"

	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// task is what is told of a request. It begins when the request has its slot and its credentials, so it names the source
// that is asked, a mirror perhaps, and nothing is told while a credential helper talks to the user.
func (s *session) task(r ref.Ref, verb, what string) progress.Task {
	return progress.Task{Verb: verb, What: what, From: s.registry + "/" + r.Repository}
}

// manifestName is how a user is told of a manifest.
func manifestName(r ref.Ref) string {
	switch {
	case r.Digest != "":
		return "the manifest " + r.Digest
	case isSignatureTag(r.Tag):
		return "the signature " + r.Tag
	}
	return "the manifest " + r.Tag
}

// blobName is how a user is told of a blob when nobody knows what it is for.
func blobName(r ref.Ref) string { return "blob " + r.Digest }
