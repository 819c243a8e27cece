// Package cluster holds the program against a real API server: its refusals, its discovery, and kubectl beside it.
package cluster
