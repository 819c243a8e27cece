package registry

import (
	"github.com/regclient/regclient/types/ref"

	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// task describes a request to the progress reporter. It begins when the request has its slot and its credentials, so it
// names the registry that is asked, which may be a mirror, and shows nothing while a credential helper talks to the user.
func (s *session) task(r ref.Ref, verb, what string) progress.Task {
	return progress.Task{Verb: verb, What: what, From: s.registry + "/" + r.Repository}
}

// manifestName is the name of a manifest in progress messages.
func manifestName(r ref.Ref) string {
	switch {
	case r.Digest != "":
		return "the manifest " + r.Digest
	case isSignatureTag(r.Tag):
		return "the signature " + r.Tag
	}
	return "the manifest " + r.Tag
}

// blobName is the name of a blob in progress messages when its purpose is unknown.
func blobName(r ref.Ref) string { return "blob " + r.Digest }
