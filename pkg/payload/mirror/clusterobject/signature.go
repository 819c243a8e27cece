package clusterobject

import (
	"encoding/base64"

	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/configmap"
)

// signatureMap is a ConfigMap with signatures.
func signatureMap(object configmap.ConfigMap) []byte {
	document := struct {
		APIVersion string            `yaml:"apiVersion"`
		Kind       string            `yaml:"kind"`
		Metadata   metadata          `yaml:"metadata"`
		BinaryData map[string]string `yaml:"binaryData"`
	}{APIVersion: "v1", Kind: "ConfigMap", Metadata: metadata{object.Name, object.Namespace, object.Labels}, BinaryData: map[string]string{}}
	for key, message := range object.BinaryData {
		document.BinaryData[key] = base64.StdEncoding.EncodeToString(message)
	}
	return encode("# The OpenPGP signatures of a release image. The cluster version operator reads them.\n", document)
}
