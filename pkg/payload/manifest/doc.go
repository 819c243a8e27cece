// Package manifest reads the manifests of a release as the cluster version operator does: in which order, which of
// them, and what their hash is. It is pure: bytes in, values out.
//
// [Load] reads the two folders of a payload into objects, [Evaluate] decides for a cluster's [Settings] which of them
// the operator loads and applies, and [Hash] gives the payload hash, which a cluster reports as status.versionHash.
//
// Reading is cheap as long as nobody asks for more than a header: see scan.go.
package manifest
