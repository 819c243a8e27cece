package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// Reasons say for each of the graph's steps, in sentences, why it looks as it does where the run levels alone do not
// show it. The sentences hold file names of the release as they are.
func (g *Graph) Reasons() [][]string {
	steps := g.Steps()
	reasons := make([][]string, len(steps))
	splits := g.splits()
	for i, step := range steps {
		if len(step) == 1 && step[0].IsJob() {
			reasons[i] = append(reasons[i], "A job is a barrier: what follows waits until it is complete.")
		}
		if g.Strategy != Update {
			continue
		}
		if reason := operatorFirst(step); reason != "" {
			reasons[i] = append(reasons[i], reason)
		}
		for _, node := range step {
			if reason := sharedStep(node); reason != "" {
				reasons[i] = append(reasons[i], reason)
			}
			for _, object := range node.Objects {
				if reason, ok := splits[object.File]; ok && object.Level == "" {
					reasons[i] = append(reasons[i], reason)
					delete(splits, object.File) // a file may hold several objects
				}
			}
		}
	}
	return reasons
}

// operatorFirst is the reason of a step with the operator's own manifests whose level alone would come later.
func operatorFirst(step []*Node) string {
	for _, node := range step {
		own := node.levelsIn(manifest.OperatorDirectory)
		if len(own) == 0 {
			continue
		}
		last := own[len(own)-1]
		if slices.MaxFunc(own, compareLevels) == last && compareLevels(last, "00") > 0 {
			return "The operator's own manifests come first, whatever their level: this is why level " + last + " is here."
		}
		return "The operator's own manifests come first, whatever their level."
	}
	return ""
}

// sharedStep is the reason of a node that holds several levels of the release.
func sharedStep(node *Node) string {
	levels := node.levelsIn(manifest.ReleaseDirectory)
	if len(levels) < 2 {
		return ""
	}
	named := strings.Join(levels[:len(levels)-1], ", ") + " and " + levels[len(levels)-1]
	if len(levels) > maxNamedLevels {
		named = levels[0] + " to " + levels[len(levels)-1]
	}
	return "Levels " + named + " have one component each, with nothing to do side by side: they share a step."
}

const maxNamedLevels = 8 // in a sentence

// levelsIn are the run levels of the node's objects in a folder, in their order, each once and without none.
func (n *Node) levelsIn(folder manifest.Directory) []string {
	var levels []string
	for _, object := range n.Objects {
		if object.Directory == folder && object.Level != "" && !slices.Contains(levels, object.Level) {
			levels = append(levels, object.Level)
		}
	}
	return levels
}

// compareLevels compares two levels as numbers, however many digits they have.
func compareLevels(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// splits are the reasons of files whose names have no level, by the name of the file.
func (g *Graph) splits() map[string]string {
	objects := make([]manifest.Entry, 0, g.Total)
	for _, node := range g.Nodes {
		objects = append(objects, node.Objects...)
	}
	slices.SortFunc(objects, func(a, b manifest.Entry) int { return cmp.Compare(a.Index, b.Index) })
	found := map[string]string{}
	for at := 0; at < len(objects); {
		end := at + 1
		for end < len(objects) && objects[end].Level == "" && objects[at].Level == "" {
			end++
		}
		if objects[at].Level == "" {
			reason := "so it has no level"
			if at > 0 && end < len(objects) && objects[at-1].Level == objects[end].Level {
				reason += fmt.Sprintf(" and splits level %s: what follows of that level waits for it", objects[end].Level)
			}
			found[objects[at].File] = fmt.Sprintf("The file %s is not named 0000_LEVEL_COMPONENT_NAME, %s.", objects[at].File, reason)
		}
		at = end
	}
	return found
}
