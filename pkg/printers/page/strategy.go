package page

import (
	"fmt"

	"github.com/release-x/oc-release-x/pkg/payload/graph"
)

// meaning says in one sentence what the page shows of a strategy.
func meaning(strategy string, attempt int) string {
	switch graph.Strategy(strategy) {
	case graph.Update:
		return fmt.Sprintf("An update works down the page: a step begins when the step before it is done, up to %d boxes of "+
			"a step are worked on side by side, and the objects in a box one after the other.", graph.Strategy(strategy).Workers())
	case graph.Install:
		return "An installation works on all boxes of a step at once, whatever their run level, and tries again what " +
			"fails until it succeeds; only a job makes what follows wait."
	case graph.Reconcile:
		return fmt.Sprintf("Between updates the operator goes through all boxes again and again, two at a time, in an "+
			"order that changes with every attempt: this is that of attempt %d.", attempt)
	}
	return "A step begins when the step before it is done."
}
