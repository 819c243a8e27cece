// Package graph builds the task graph in which the cluster version operator works through a payload: which objects
// wait for which, and what goes side by side (cluster-version-operator, pkg/payload/task_graph.go).
//
// [New] makes a [Graph] of the loaded entries of a payload. [Graph.Steps] puts its nodes in steps, [Graph.Neighbours]
// says what each node waits for, and [Graph.Reasons] why a step looks as it does. The printers write it down.
package graph
