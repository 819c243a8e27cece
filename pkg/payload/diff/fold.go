package diff

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// fold recognizes the strings that differ in every update: the pull specs of the same component, the version of the release, and
// the versions of the same name.
type fold struct {
	name    map[string]string // what a digest or version stands for
	image   [2]string         // the pull specs of the releases; empty if they are not known
	version *regexp.Regexp    // any of the versions; nil if there are none
	digest  *regexp.Regexp
}

// newFold finds the digests and versions of two releases.
func newFold(old, new Side) *fold {
	g := groups{}
	var versions []string
	for _, side := range []Side{old, new} {
		for _, c := range side.Release.Components {
			if c.Digest != "" {
				g.join("image "+c.Name, c.Digest.String())
			}
		}
		if v := side.Release.Version; v != "" {
			g.join("release", v)
			versions = append(versions, v)
		}
		for name, reported := range side.Release.Reported {
			for _, version := range reported.Versions {
				g.join("version "+name, version)
				versions = append(versions, version)
			}
		}
	}
	f := &fold{
		name: map[string]string{}, image: [2]string{old.ReleaseImage, new.ReleaseImage},
		digest: regexp.MustCompile(`[\w./:\[\]-]*@?sha256:[0-9a-f]{64}`), version: anyOf(versions),
	}
	for text := range g {
		f.name[text] = g.find(text)
	}
	return f
}

// anyOf returns an expression for any of the texts, the longest first; nil without texts.
func anyOf(texts []string) *regexp.Regexp {
	if len(texts) == 0 {
		return nil
	}
	slices.SortFunc(texts, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	texts = slices.Compact(texts)
	for i, text := range texts {
		texts[i] = regexp.QuoteMeta(text)
	}
	return regexp.MustCompile(strings.Join(texts, "|"))
}

// normal returns a text with names in place of the digests and versions that are known. Two texts that differ only in those of the
// same name become equal. A nil fold changes nothing.
func (f *fold) normal(text string) string {
	if f == nil {
		return text
	}
	for _, image := range f.image {
		if image != "" {
			text = strings.ReplaceAll(text, image, "\x00release\x00")
		}
	}
	if strings.Contains(text, "sha256:") {
		text = f.digest.ReplaceAllStringFunc(text, func(pullSpec string) string {
			if name, known := f.name[pullSpec[strings.LastIndex(pullSpec, "sha256:"):]]; known {
				return "\x00" + name + "\x00"
			}
			return pullSpec
		})
	}
	return f.foldVersions(text)
}

// foldVersions replaces the versions in a text that are not part of a longer number.
func (f *fold) foldVersions(text string) string {
	if f.version == nil || strings.IndexByte(text, '.') < 0 {
		return text
	}
	var b strings.Builder
	done := 0
	for _, at := range f.version.FindAllStringIndex(text, -1) {
		if !endsNumber(text[:at[0]]) && !continuesNumber(text[at[1]:]) {
			b.WriteString(text[done:at[0]] + "\x00" + f.name[text[at[0]:at[1]]] + "\x00")
			done = at[1]
		}
	}
	if done == 0 {
		return text
	}
	return b.String() + text[done:]
}

// endsNumber reports whether a version after this text is only a part of one.
func endsNumber(before string) bool {
	if before == "" {
		return false
	}
	last := before[len(before)-1]
	return last == '.' || last >= '0' && last <= '9'
}

// continuesNumber reports whether a version before this text is only a part of one.
func continuesNumber(after string) bool {
	isDigit := func(i int) bool { return i < len(after) && after[i] >= '0' && after[i] <= '9' }
	return isDigit(0) || strings.HasPrefix(after, ".") && isDigit(1)
}

// groups are disjoint sets of texts, each with the text that it was joined to; the last of a chain names the set.
type groups map[string]string

// join puts two texts into the same set.
func (g groups) join(a, b string) {
	x, y := g.find(a), g.find(b)
	g[max(x, y)] = min(x, y)
}

// find returns the name of the set of a text, the smallest text in it.
func (g groups) find(text string) string {
	next, ok := g[text]
	if !ok {
		g[text] = text
		return text
	}
	if next == text {
		return text
	}
	name := g.find(next)
	g[text] = name
	return name
}
