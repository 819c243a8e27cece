package trust

// releaseKeys are the primary keys with which Red Hat signs releases: release key 2 and beta key 2
// (openshift/cluster-update-keys, manifests.rhel/0000_90_cluster-update-keys_configmap.yaml, and
// https://access.redhat.com/security/team/key).
func releaseKeys() []string {
	return []string{
		"567E347AD0044ADE55BA8A5F199E2F91FD431D51",
		"B08B659EE86AF623BC90E8DB938A80CAF21541EB",
	}
}

// policyKeys are the keys of the ClusterImagePolicy with which Red Hat signs release images, as SHA-256 of their DER form:
// release key 3, RSA of 4096 bits, the only key in the policy since October 2024 (openshift/cluster-update-keys,
// manifests.rhel/0000_90_openshift-cluster-image-policy.yaml).
func policyKeys() []string {
	return []string{"sha256:ba9d26350d78893a20f337e2153a113108bfcf064085afaee60d446e63405576"}
}
