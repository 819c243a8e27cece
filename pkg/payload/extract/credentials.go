package extract

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// providers are the kinds of spec.providerSpec of a CredentialsRequest, by cloud (oc,
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

// Credentials gives a condition that keeps the CredentialsRequests, those of one cloud when it is not "". An
// unknown cloud is fault.Usage.
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

// providerKind is the kind of a request's spec.providerSpec, "" where there is none.
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
