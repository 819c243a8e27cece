//go:build !race

package manifest_test

// slowdown is how much longer the race detector may take than a plain run.
const slowdown = 1
