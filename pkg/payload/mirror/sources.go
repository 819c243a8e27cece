package mirror

import "github.com/release-x/oc-release-x/pkg/payload/mirror/clusterobject"

// Sources returns the repositories from which images are copied, with their mirrors.
func Sources(wanted []Wanted) []clusterobject.Source {
	var copies []clusterobject.Copy
	for _, w := range wanted {
		for _, t := range w.Target {
			copies = append(copies, clusterobject.Copy{From: w.Source.Repository, To: t.Repository, Tagged: w.Kind == KindRelease})
		}
	}
	return clusterobject.NewSources(copies)
}

// Sources returns the repositories from which the images of a plan are copied, with their mirrors.
func (p *Plan) Sources() []clusterobject.Source {
	var wanted []Wanted
	for _, i := range p.Images {
		if i.Signs == "" {
			wanted = append(wanted, Wanted{Kind: i.Kind, Source: i.Source, Target: i.Target})
		}
	}
	return Sources(wanted)
}
