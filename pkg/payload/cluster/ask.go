package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// ErrNotConfigured is in the chain of an error when nothing says which cluster to ask.
var ErrNotConfigured = errors.New("no cluster is configured: name a kubeconfig with --kubeconfig or $KUBECONFIG")

// brief is how long to wait for a cluster that no flag names, where the work goes on without its answer.
const brief = 3 * time.Second

// Briefly bounds a question for a cluster that no flag names.
func Briefly(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, brief, fmt.Errorf("no answer within %s", brief))
}

// IsMistake reports whether an error is about the configuration and not about the cluster.
func IsMistake(err error) bool {
	kind := fault.KindOf(err)
	return kind == fault.Usage || kind == fault.Local
}
