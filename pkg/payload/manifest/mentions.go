package manifest

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Mentions reports whether a string value of the object has one of the images as a whole word: a tag does not match a longer
// tag. Images are pull specs or digests; empty ones match nothing. If the document cannot be converted, Mentions searches
// its text.
func (o *Object) Mentions(images ...string) bool {
	images = slices.DeleteFunc(slices.Clone(images), func(image string) bool {
		return image == "" || !bytes.Contains(o.raw, []byte(image))
	})
	if len(images) == 0 {
		return false
	}
	object, err := o.JSON()
	if err != nil {
		return mentions(string(o.raw), images)
	}
	var content any
	return json.Unmarshal(object, &content) == nil && mentions(content, images)
}

// mentions searches all string values below a value.
func mentions(value any, images []string) bool {
	switch value := value.(type) {
	case string:
		return slices.ContainsFunc(images, func(image string) bool { return containsWord(value, image) })
	case []any:
		return slices.ContainsFunc(value, func(item any) bool { return mentions(item, images) })
	case map[string]any:
		for _, item := range value {
			if mentions(item, images) {
				return true
			}
		}
	}
	return false
}

// containsWord reports whether a text has an image as a whole word.
func containsWord(text, image string) bool {
	for at := 0; ; at++ {
		next := strings.Index(text[at:], image)
		if next < 0 {
			return false
		}
		at += next
		if startsWord(text[:at], image) && endsWord(text[at+len(image):]) {
			return true
		}
	}
}

// startsWord reports whether an image after this text starts a word. A digest may follow the name of a repository, and a pull
// spec the name of a transport: docker://.
func startsWord(before, image string) bool {
	if before == "" || strings.HasSuffix(before, "://") {
		return true
	}
	last := before[len(before)-1]
	if strings.HasPrefix(image, "sha256:") {
		return !isAlphanumeric(last)
	}
	return !isAlphanumeric(last) && strings.IndexByte("./-", last) < 0
}

// endsWord reports whether an image before this text ends a word: no character of a pull spec follows, except for the full stop
// or colon of a sentence.
func endsWord(after string) bool {
	for i := range len(after) {
		if !isAlphanumeric(after[i]) && strings.IndexByte("._-:@/", after[i]) < 0 {
			after = after[:i]
			break
		}
	}
	return strings.Trim(after, ".:") == ""
}
