// Package graph builds the task graph in which the cluster version operator works through a payload: which objects
// wait for which, and what goes side by side (cluster-version-operator, pkg/payload/task_graph.go).
//
// [New] makes a [Graph] of the loaded entries of a payload; [Graph.DOT], [Graph.Tree] and [Graph.Mermaid] write it
// down.
package graph
