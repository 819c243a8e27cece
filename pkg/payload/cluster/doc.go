// Package cluster asks a connected cluster what it says of its own release: which one it runs and may run, what it
// enables and leaves out, and the credentials that it pulls with.
//
// A few objects are all that is read, each with one GET. What is needed of them are a few fields, so there is no
// typed client here and no API machinery beyond the HTTP client that a kubeconfig describes.
package cluster
