package manifest

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Mentions says whether a string value of the object names one of the images, by pull spec or by digest alone: whole, so
// that a tag is not found in a longer one. Of a document that cannot be read its text is looked at. Empty names are
// never found.
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

// mentions looks for images in all string values below a value.
func mentions(value any, images []string) bool {
	switch value := value.(type) {
	case string:
		return slices.ContainsFunc(images, func(image string) bool { return standsIn(value, image) })
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

// standsIn says whether an image stands in a text as a word of its own.
func standsIn(text, image string) bool {
	for at := 0; ; at++ {
		next := strings.Index(text[at:], image)
		if next < 0 {
			return false
		}
		at += next
		if beginsBehind(text[:at], image) && endsBefore(text[at+len(image):]) {
			return true
		}
	}
}

// beginsBehind says whether a name that follows a text is one of its own. A digest may follow the name of any
// repository, and a pull spec that of a transport: docker://.
func beginsBehind(before, image string) bool {
	if before == "" || strings.HasSuffix(before, "://") {
		return true
	}
	last := before[len(before)-1]
	if strings.HasPrefix(image, "sha256:") {
		return !isAlphanumeric(last)
	}
	return !isAlphanumeric(last) && strings.IndexByte("./-", last) < 0
}

// endsBefore says whether a name that a text follows is at its end: what belongs to a pull spec does not go on, but for
// the signs that end a sentence.
func endsBefore(after string) bool {
	for i := range len(after) {
		if !isAlphanumeric(after[i]) && strings.IndexByte("._-:@/", after[i]) < 0 {
			after = after[:i]
			break
		}
	}
	return strings.Trim(after, ".:") == ""
}
