package plugin

import (
	"context"

	"github.com/release-x/oc-release-x/pkg/payload/diff"
	"github.com/release-x/oc-release-x/pkg/payload/diff/impact"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// findImpact finds what the update means for a cluster, or for the one that the flags describe. It asks the connected cluster
// which gates are acknowledged only if the update needs an acknowledgement.
func (r *diffRequest) findImpact(ctx context.Context, s *session, old, new diffSide, result *diff.Result) ([]v1alpha1.Impact, error) {
	report, err := impact.Find(old.Side, new.Side, result, impact.Options{Included: r.options.Included, Settings: new.settings})
	if err != nil {
		return nil, err
	}
	if r.inclusion.byCluster && report.HasGates() {
		acknowledged, err := s.cluster.AdminAcks(ctx)
		if err != nil {
			return nil, byClusterError(err, "")
		}
		report.Acknowledge(acknowledged)
	}
	return v1alpha1.NewImpact(report.Findings), nil
}
