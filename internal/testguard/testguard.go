// Package testguard ends tests that hang. Its limit is much longer than a busy machine needs. Do not use it to measure speed: count
// requests, bytes or allocations.
package testguard

import (
	"testing"
	"time"
)

// limit is the time after which a call counts as hanging.
const limit = 3 * time.Minute

// Finishes runs do and fails the test if do does not return. do must not end the test.
func Finishes(t testing.TB, what string, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	Wait(t, done, what)
}

// Wait waits until done is closed or has a value, and fails the test if that does not happen. Call it only in the goroutine of the
// test.
func Wait[T any](t testing.TB, done <-chan T, what string) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(limit):
		t.Fatalf("%s hangs: nothing happened for %v", what, limit)
	}
}
