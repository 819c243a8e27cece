package served

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

// The size of a real release.
const (
	components  = 200
	operators   = 38 // of the components: those with manifests
	large       = 150
	small       = 760
	baseLayers  = 4
	generatedAs = "4.22.0-x86_64"
)

// Options are what a generated release has beyond its size.
type Options struct {
	Base     int    // bytes of layers of random bytes below the payload
	Seed     uint64 // releases of other seeds have the same components, with other images and manifests
	Times    int    // of the manifests of a real release; 0 is 1
	Update   bool   // version 4.22.1, in which every tenth component has another image
	Tampered bool   // the payload layer unpacks to the same files, but its bytes are not those of its digest
}

// Generate writes root/repository: a release of real size, the same every time.
func Generate(root, repository string, o Options) error {
	b := testrelease.New("4.22.0").WithPrevious("4.21.9")
	if o.Update {
		b = testrelease.New("4.22.1").WithPrevious("4.22.0")
	}
	w := &writer{random: rand.New(rand.NewPCG(4, 22+o.Seed))}
	names := (&writer{random: rand.New(rand.NewPCG(4, 22))}).names()
	_ = w.names() // so that the manifests of seed 0 stay what they were
	for i, name := range names {
		options := []testrelease.ComponentOption{testrelease.Source("https://github.com/openshift/" + name)}
		switch {
		case o.Update && i%10 == 0:
			options = append(options, testrelease.Image(testrelease.ImageOf(name+"-update")),
				testrelease.Annotation("io.openshift.build.commit.id", strings.Repeat("1", 40)))
		case o.Seed > 0:
			options = append(options, testrelease.Image(testrelease.ImageOf(fmt.Sprintf("%s-%d", name, o.Seed))))
		}
		b.WithComponent(name, options...)
	}
	for i := range baseLayers {
		if size := o.Base / baseLayers; size > 0 {
			b.WithBaseLayer(testrelease.File(fmt.Sprintf("usr/lib/base-%d", i), w.noise(size)))
		}
	}
	w.addManifests(b, names, max(1, o.Times))
	if o.Tampered {
		b.WithStored(testrelease.PayloadPart, func(packed []byte) []byte {
			tampered := bytes.Clone(packed)
			tampered[9]++ // the operating system in the header of gzip, which nothing reads
			return tampered
		})
	}
	release, err := b.Build()
	if err != nil {
		return fmt.Errorf("generating a release: %w", err)
	}
	if err := release.WriteLayout(filepath.Join(root, repository), generatedAs); err != nil {
		return fmt.Errorf("generating a release: %w", err)
	}
	return nil
}

// AddManifests adds as many manifests as a real release has.
func AddManifests(b *testrelease.Builder) {
	w := &writer{random: rand.New(rand.NewPCG(4, 22))}
	w.addManifests(b, w.names(), 1)
}

// addManifests adds the manifests of a real release, a number of times with other names and words.
func (w *writer) addManifests(b *testrelease.Builder, names []string, times int) {
	b.WithOperatorManifest("0000_00_cluster-version-operator_00_namespace.yaml", w.small("cluster-version-operator", 0))
	for i := range (large + small) * times {
		operator := names[i%operators]
		file := fmt.Sprintf("0000_%02d_%s_%03d.yaml", 10+i%operators*2, operator, i)
		if i < large*times {
			b.WithManifest(file, w.large(i))
		} else {
			b.WithManifest(file, w.small(operator, i))
		}
	}
}

// writer makes text that compresses as the manifests of operators do.
type writer struct{ random *rand.Rand }

func (w *writer) noise(size int) string {
	data := make([]byte, 0, size+8)
	for len(data) < size {
		v := w.random.Uint64()
		data = append(data, byte(v), byte(v>>8), byte(v>>16), byte(v>>24), byte(v>>32), byte(v>>40), byte(v>>48), byte(v>>56))
	}
	return string(data[:size])
}

func (w *writer) names() []string {
	seen := map[string]bool{}
	var names []string
	for len(names) < components {
		name := w.word() + "-" + w.word() + "-operator"
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// word is one of a few thousand.
func (w *writer) word() string {
	const consonants, vowels = "bcdfglmnprstv", "aeiou"
	var b strings.Builder
	for range 1 + w.random.IntN(2) {
		b.WriteByte(consonants[w.random.IntN(len(consonants))])
		b.WriteByte(vowels[w.random.IntN(len(vowels))])
		b.WriteByte(consonants[w.random.IntN(len(consonants))])
	}
	return b.String()
}

func (w *writer) sentence() string {
	words := make([]string, 12)
	for i := range words {
		words[i] = w.word()
	}
	return strings.Join(words, " ") + "."
}

const annotations = `  annotations:
    include.release.openshift.io/self-managed-high-availability: "true"
    include.release.openshift.io/single-node-developer: "true"
`

// large is a custom resource definition of about 100 kB: many fields, and descriptions that come again.
func (w *writer) large(i int) string {
	var b strings.Builder
	kind := fmt.Sprintf("Thing%03d", i)
	plural := strings.ToLower(kind) + "s"
	fmt.Fprintf(&b, "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n%s  name: %s.bench.openshift.io\nspec:\n", annotations, plural)
	fmt.Fprintf(&b, "  group: bench.openshift.io\n  names:\n    kind: %s\n    plural: %s\n  scope: Cluster\n  versions:\n", kind, plural)
	b.WriteString("  - name: v1\n    served: true\n    storage: true\n    schema:\n      openAPIV3Schema:\n        type: object\n        properties:\n")
	descriptions := make([]string, 40)
	for j := range descriptions {
		descriptions[j] = w.sentence()
	}
	for j := range 60 {
		fmt.Fprintf(&b, "          %s%d:\n            type: object\n            description: %s\n            properties:\n", w.word(), j, w.sentence())
		for k := range 8 {
			fmt.Fprintf(&b, "              %s%d:\n                description: %s\n                type: string\n                maxLength: 256\n",
				w.word(), k, descriptions[w.random.IntN(len(descriptions))])
		}
	}
	return b.String()
}

// small is a config map of about 2 kB.
func (w *writer) small(operator string, i int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n%s  name: %s-%03d\n  namespace: openshift-%s\ndata:\n", annotations, operator, i, operator)
	for range 16 {
		fmt.Fprintf(&b, "  %s.%s: %s\n", w.word(), w.word(), w.sentence())
	}
	return b.String()
}
