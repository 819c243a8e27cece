package v1alpha1

import (
	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// ReleaseGraph is the document of `graph`: the order in which the operator applies a payload.
type ReleaseGraph struct {
	TypeMeta `json:",inline"`
	Metadata ObjectMeta  `json:"metadata"`
	Release  Release     `json:"release"`
	Strategy string      `json:"strategy"`
	Attempt  int         `json:"attempt,omitempty"` // of the strategy reconcile
	Nodes    []GraphNode `json:"nodes"`
}

// GraphNode has objects that are applied one after the other when all nodes of In are done. A node without objects only joins
// other nodes.
type GraphNode struct {
	ID         int           `json:"id"`
	Level      string        `json:"level,omitempty"` // run level; empty if the objects have several or none
	Components []string      `json:"components"`
	Objects    []GraphObject `json:"objects"`
	In         []int         `json:"in"`
	Out        []int         `json:"out"`
}

// GraphObject is one object of a node.
type GraphObject struct {
	Index     int    `json:"index"` // position among all objects that the operator loads, from 1
	Level     string `json:"level,omitempty"`
	Component string `json:"component,omitempty"`
	Folder    string `json:"folder"`
	File      string `json:"file"`
	Document  int    `json:"document"`
	ObjectReference
	State  string `json:"state,omitempty"`  // excluded: loaded but not applied; empty for applied objects
	Reason string `json:"reason,omitempty"` // the first rule that failed
}

// ObjectReference names an API object.
type ObjectReference struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name"`
}

// NewReleaseGraph returns the document of a graph.
func NewReleaseGraph(release Release, strategy graph.Strategy, attempt int, g *graph.Graph) *ReleaseGraph {
	document := &ReleaseGraph{
		TypeMeta: typeMeta("ReleaseGraph"),
		Metadata: ObjectMeta{Name: release.Version},
		Release:  release,
		Strategy: string(strategy),
		Attempt:  attempt,
		Nodes:    make([]GraphNode, 0, len(g.Nodes)),
	}
	for _, n := range g.Nodes {
		node := GraphNode{
			ID: n.ID, Level: n.Level(), Components: orEmpty(n.Components()),
			Objects: make([]GraphObject, 0, len(n.Objects)), In: orEmpty(n.In), Out: orEmpty(n.Out),
		}
		for _, o := range n.Objects {
			node.Objects = append(node.Objects, newGraphObject(o))
		}
		document.Nodes = append(document.Nodes, node)
	}
	return document
}

func newGraphObject(o manifest.Entry) GraphObject {
	object := GraphObject{
		Index: o.Index, Level: o.Level, Component: o.Component,
		Folder: string(o.Directory), File: o.File, Document: o.Document,
		ObjectReference: ObjectReference{APIVersion: o.APIVersion(), Kind: o.Kind, Namespace: o.Namespace, Name: o.Name},
	}
	if o.State != manifest.Included {
		object.State, object.Reason = string(o.State), o.Reason
	}
	return object
}

// orEmpty makes a nil list print as [] instead of null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
