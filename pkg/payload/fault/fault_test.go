package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

func TestHintOf(t *testing.T) {
	plain := errors.New("odd")
	hinted := fault.WithHint(fault.Auth, "log in", "%w", plain)
	outer := fault.WithHint(fault.Network, "wait", "asking: %w", hinted)
	for _, test := range []struct {
		err        error
		text, hint string
		kind       fault.Kind
	}{
		{plain, "odd", "", fault.Internal},
		{hinted, "odd; log in", "log in", fault.Auth},
		{fmt.Errorf("a: %w", hinted), "a: odd; log in", "log in", fault.Auth},
		{fault.WithHint(fault.Auth, "; log in", "%w", plain), "odd; log in", "log in", fault.Auth},
		{fault.WithHint(fault.Auth, "", "%w", plain), "odd", "", fault.Auth},
		{outer, "asking: odd; log in; wait", "wait", fault.Network},
	} {
		if got := fault.HintOf(test.err); got != test.hint || test.err.Error() != test.text || fault.KindOf(test.err) != test.kind {
			t.Errorf("%q has the kind %v and the hint %q, want %q, %v, %q", test.err, fault.KindOf(test.err), got, test.text, test.kind, test.hint)
		}
		if !errors.Is(test.err, plain) {
			t.Errorf("%q hides its cause", test.err)
		}
	}
}

func TestKindsHaveNames(t *testing.T) {
	for kind, want := range []string{"Internal", "Usage", "NotFound", "Auth", "Network", "Integrity", "Partial", "Local"} {
		if got := fault.Kind(kind).String(); got != want {
			t.Errorf("kind %d is called %q, want %q", kind, got, want)
		}
	}
}
