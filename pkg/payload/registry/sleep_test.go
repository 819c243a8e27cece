package registry

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/release-x/oc-release-x/internal/testguard"
)

func TestSleepEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	testguard.Finishes(t, "a wait that was cancelled", func() {
		if err := sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}
