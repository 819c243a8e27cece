// Package cluster tests the program with a real API server: how it handles refusals, what it discovers, and how it runs
// under kubectl.
package cluster
