package graphpage

import (
	"fmt"

	"github.com/release-x/oc-release-x/pkg/payload/graph"
)

// meaning says in one sentence what the page shows of a strategy.
func meaning(g *graph.Graph) string {
	switch g.Strategy {
	case graph.Update:
		return fmt.Sprintf("An update works down the page. A step begins when the one before it is done; its components are worked "+
			"on side by side, up to %d at a time, and the objects of each one after the other.", g.Workers)
	case graph.Install:
		return "An installation works on all components of a step at once, whatever their run level, and tries again what " +
			"fails until it succeeds; only a job makes what follows wait."
	case graph.Reconcile:
		return fmt.Sprintf("Between updates the operator goes through all components again and again, %d at a time, in an "+
			"order that changes with every attempt: this is that of attempt %d.", g.Workers, g.Attempt)
	}
	return "A step begins when the one before it is done."
}
