package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// hasDuplicates finds duplicate keys with json.Decoder.
func hasDuplicates(document []byte) bool {
	decoder := json.NewDecoder(bytes.NewReader(document))
	return duplicateIn(decoder)
}

func duplicateIn(decoder *json.Decoder) bool {
	token, _ := decoder.Token()
	delimiter, _ := token.(json.Delim)
	keys, found := map[string]bool{}, false
	for (delimiter == '{' || delimiter == '[') && decoder.More() {
		if delimiter == '{' {
			key, _ := decoder.Token()
			name, _ := key.(string)
			found = found || keys[name]
			keys[name] = true
		}
		found = duplicateIn(decoder) || found
	}
	if delimiter == '{' || delimiter == '[' {
		_, _ = decoder.Token()
	}
	return found
}

func documents() []string {
	many := func(last string) string {
		var b strings.Builder
		for i := range 20 {
			fmt.Fprintf(&b, `"k%d":{"a":[%d]},`, i, i)
		}
		return "{" + b.String() + last + "}"
	}
	return []string{
		`{}`, `[]`, `""`, `{"a":1,"b":1}`, `{"a":1,"a":1}`, `[{"a":1},{"a":1}]`, `{"a":{"a":{"a":1}}}`, `{"a":["a","a"],"b":"a"}`,
		`{"a":"b","b":"a","c":"\"a\":","d":"\\"}`, `{"\"":1,"\\":2}`, `{"\"":1,"\u0022":2}`, `{"é":1,"\u00e9":2}`, `{"a\/":1,"a/":2}`,
		"{\"\xff\":1,\"\xfe\":2}", "{\"\xff\":1,\"\\ufffd\":2}", `{"\ud800":1,"\udfff":2}`, `{"A":1,"a":2}`, `{"":1,"":2}`,
		many(`"x":1`), many(`"k3":1`), many(`"k19":1`), `{ "a" : [ { "b" : 1 , "b" : 2 } ] }`, `{"a":"{\"x\":1,\"x\":2}"}`,
	}
}

func checkDuplicates(t *testing.T, document []byte) {
	t.Helper()
	if got, want := checkKeys(document) != nil, hasDuplicates(document); got != want {
		t.Errorf("%q: duplicates found %v, want %v", document, got, want)
	}
}

func TestDuplicateKeysAreThoseOfTheDecoder(t *testing.T) {
	for _, document := range documents() {
		checkDuplicates(t, []byte(document))
	}
}

func TestDeepDocumentsNeedLittleMemory(t *testing.T) {
	deep := []byte(strings.Repeat("[", 1<<20))
	allocated := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			if err := checkKeys(deep); err != nil {
				b.Fatal(err)
			}
		}
	}).AllocedBytesPerOp()
	if limit := int64(4 << 20); allocated > limit {
		t.Errorf("%d bytes are allocated for %d levels, want at most %d", allocated, len(deep), limit)
	}
	var value any
	if err := Decode(deep, &value); err == nil {
		t.Error("the document is accepted")
	}
}

func FuzzDuplicateKeys(f *testing.F) {
	for _, document := range documents() {
		f.Add([]byte(document))
		f.Add([]byte(document[:len(document)/2]))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		if json.Valid(document) && len(document) < 1<<12 {
			checkDuplicates(t, document)
			return
		}
		_ = checkKeys(document) // anything, but no panic
	})
}
