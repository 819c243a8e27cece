module github.com/release-x/oc-release-x/bench

go 1.26.0

replace github.com/release-x/oc-release-x => ../

require (
	github.com/olareg/olareg v0.2.2
	github.com/opencontainers/go-digest v1.0.0
	github.com/release-x/oc-release-x v0.0.0
)

require (
	github.com/goccy/go-yaml v1.19.2 // indirect
	github.com/google/go-cmp v0.7.0
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/sudo-bmitch/oci-digest v0.1.2 // indirect
	golang.org/x/crypto v0.58.0 // indirect
)
