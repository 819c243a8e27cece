// Package oracle compares how this project reads manifests with the library of the cluster version operator.
package oracle
