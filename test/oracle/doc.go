// Package oracle holds what this project makes of manifests against the library that the cluster version operator
// itself reads them with.
package oracle
