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
// release key 3, RSA of 4096 bits (openshift/cluster-update-keys, manifests.rhel/0000_90_openshift-cluster-image-policy.yaml,
// and https://security.access.redhat.com/data/63405576.txt).
func policyKeys() []string {
	return []string{"sha256:b516101e2dd6b484f3619b7481f9a03d1a40ee53a82c1b83faa41ab9c54e258f"}
}
