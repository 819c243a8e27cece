package extract

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// providers maps clouds to the kind of spec.providerSpec in a CredentialsRequest (oc,
// pkg/cli/admin/release/extract.go).
func providers() map[string]string {
	return map[string]string{
		"alibabacloud": "AlibabaCloudProviderSpec",
		"aws":          "AWSProviderSpec",
		"azure":        "AzureProviderSpec",
		"gcp":          "GCPProviderSpec",
		"ibmcloud":     "IBMCloudProviderSpec",
		"nutanix":      "NutanixProviderSpec",
		"openstack":    "OpenStackProviderSpec",
		"ovirt":        "OvirtProviderSpec",
		"powervs":      "IBMCloudPowerVSProviderSpec",
		"vsphere":      "VSphereProviderSpec",
	}
}

// Clouds lists the clouds that Credentials knows, sorted.
func Clouds() []string { return slices.Sorted(maps.Keys(providers())) }

// Credentials returns a condition for CredentialsRequests, of one cloud unless that is empty. An unknown cloud is fault.Usage.
func Credentials(cloud string) (func(manifest.Entry) bool, error) {
	wanted, known := providers()[cloud]
	if cloud != "" && !known {
		return nil, fault.Errorf(fault.Usage, "--cloud %q: want one of %s", cloud, strings.Join(Clouds(), ", "))
	}
	return func(e manifest.Entry) bool {
		if e.Kind != "CredentialsRequest" || e.Group != "cloudcredential.openshift.io" {
			return false
		}
		return cloud == "" || providerKind(e) == wanted
	}, nil
}

// providerKind returns the kind of a request's spec.providerSpec, empty if it has none.
func providerKind(e manifest.Entry) string {
	raw, err := e.JSON()
	if err != nil {
		return ""
	}
	var request struct {
		Spec struct {
			ProviderSpec struct {
				Kind string `json:"kind"`
			} `json:"providerSpec"`
		} `json:"spec"`
	}
	if json.Unmarshal(raw, &request) != nil {
		return ""
	}
	return request.Spec.ProviderSpec.Kind
}
