package page

import (
	"fmt"

	"github.com/release-x/oc-release-x/pkg/payload/graph"
)

// workers is how many nodes the operator works on at a time, 0 for all that may be (cluster-version-operator,
// pkg/cvo/sync_worker.go).
func workers(strategy string) int {
	switch graph.Strategy(strategy) {
	case graph.Update:
		return 16
	case graph.Reconcile:
		return 2
	}
	return 0
}

// meaning says in one sentence what the page shows of a strategy.
func meaning(strategy string, attempt int) string {
	switch graph.Strategy(strategy) {
	case graph.Update:
		return fmt.Sprintf("An update works down the page: a step begins when the step before it is done, up to %d boxes of "+
			"a step are worked on side by side, and the objects in a box one after the other.", workers(strategy))
	case graph.Install:
		return "An installation works on all boxes of a step at once, whatever their run level, and tries again what " +
			"fails until it succeeds; only a job makes what follows wait."
	case graph.Reconcile:
		return fmt.Sprintf("Between updates the operator goes through all boxes again and again, two at a time, in an "+
			"order that changes with every attempt: this is that of attempt %d.", attempt)
	}
	return "A step begins when the step before it is done."
}
