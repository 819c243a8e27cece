// Package testguard keeps a test that hangs from holding up all others. What it allows is far more than any machine
// needs, however busy: a test that wants to know how fast something is counts requests, bytes or allocations.
package testguard

import (
	"testing"
	"time"
)

// limit is how long anything in a test may take before it counts as hanging.
const limit = 3 * time.Minute

// Finishes runs do and ends the test when do does not return. do may use t, but not end the test itself.
func Finishes(t testing.TB, what string, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	Wait(t, done, what)
}

// Wait waits until done is closed or has a value, and ends the test when that never happens. Only the goroutine of the
// test may call it.
func Wait[T any](t testing.TB, done <-chan T, what string) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(limit):
		t.Fatalf("%s hangs: nothing happened for %v", what, limit)
	}
}
