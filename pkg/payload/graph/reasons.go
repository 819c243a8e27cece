package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// Reasons explains each step in sentences where the run levels do not explain it. The sentences have file names of the release,
// which are not escaped.
func (g *Graph) Reasons() [][]string {
	steps := g.Steps()
	reasons := make([][]string, len(steps))
	unleveled := g.explainUnleveled()
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
				if reason, ok := unleveled[object.File]; ok && object.Level == "" {
					reasons[i] = append(reasons[i], reason)
					delete(unleveled, object.File) // a file may have several objects
				}
			}
		}
	}
	return reasons
}

// operatorFirst explains a step with the operator's own manifests, empty for other steps.
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

// sharedStep explains a node with several levels of the release, empty for other nodes.
func sharedStep(node *Node) string {
	levels := node.levelsIn(manifest.ReleaseDirectory)
	if len(levels) < 2 {
		return ""
	}
	list := strings.Join(levels[:len(levels)-1], ", ") + " and " + levels[len(levels)-1]
	if len(levels) > maxListedLevels {
		list = levels[0] + " to " + levels[len(levels)-1]
	}
	return "Levels " + list + " have one component each, with nothing to do side by side: they share a step."
}

const maxListedLevels = 8 // in one sentence

// levelsIn returns the run levels of the objects in a directory, in their order, each once.
func (n *Node) levelsIn(directory manifest.Directory) []string {
	var levels []string
	for _, object := range n.Objects {
		if object.Directory == directory && object.Level != "" && !slices.Contains(levels, object.Level) {
			levels = append(levels, object.Level)
		}
	}
	return levels
}

// compareLevels compares two levels as numbers of any length.
func compareLevels(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// explainUnleveled explains the place of files without a level, by file name.
func (g *Graph) explainUnleveled() map[string]string {
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
