package frame_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/frame"
)

// record is one of everything.
func record() []byte {
	var w frame.Writer
	w.Number(0)
	w.Number(1 << 60)
	w.Flag(true)
	w.Text("text")
	w.Data([]byte{0, 255})
	w.Texts([]string{"a", ""})
	w.Texts(nil)
	w.Texts([]string{})
	return w.Bytes()
}

// values are what a record of this form holds.
func values(data []byte) ([]any, error) {
	r := frame.NewReader(data)
	list := []any{r.Number(), r.Number(), r.Flag(), r.Text(), r.Data(), r.Texts(), r.Texts(), r.Texts()}
	return list, r.Finish()
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	got, err := values(record())
	if err != nil {
		t.Fatal(err)
	}
	want := []any{uint64(0), uint64(1 << 60), true, "text", []byte{0, 255}, []string{"a", ""}, []string(nil), []string{}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEveryCutIsNoticed(t *testing.T) {
	whole := record()
	for n := range whole {
		if _, err := values(whole[:n]); err != frame.ErrBroken {
			t.Errorf("of %d bytes the first %d: %v", len(whole), n, err)
		}
	}
	if _, err := values(append(whole, 0)); err != frame.ErrBroken {
		t.Errorf("a byte too many: %v", err)
	}
}

func TestACountIsNoReasonToTakeMemory(t *testing.T) {
	var w frame.Writer
	w.Flag(true)
	w.Number(1 << 40)
	r := frame.NewReader(w.Bytes())
	if got := r.Texts(); len(got) != 0 || r.Finish() != frame.ErrBroken {
		t.Errorf("%d texts, %v", len(got), r.Finish())
	}
}

func FuzzReader(f *testing.F) {
	f.Add(record())
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := values(data)
		if err != nil {
			return
		}
		// What is whole says the same when it is written again.
		var w frame.Writer
		w.Number(list[0].(uint64))
		w.Number(list[1].(uint64))
		w.Flag(list[2].(bool))
		w.Text(list[3].(string))
		w.Data(list[4].([]byte))
		for _, texts := range list[5:] {
			w.Texts(texts.([]string))
		}
		again, err := values(w.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(list, again); diff != "" {
			t.Error(diff)
		}
	})
}
