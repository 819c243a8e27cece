package filequeue_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/filequeue"
)

func TestEveryFileIsHandledOnce(t *testing.T) {
	var mu sync.Mutex
	got, want := map[string]string{}, map[string]string{}
	queue := filequeue.New(3, func(name string, content []byte) {
		mu.Lock()
		defer mu.Unlock()
		got[name] += string(content)
	})
	for i := range 500 {
		name := fmt.Sprint("file", i)
		size := i
		if i%50 == 0 {
			size = i << 10 // some are large
		}
		want[name] = strings.Repeat(fmt.Sprint(i%10), size)
		if err := queue.Put(name, int64(size), strings.NewReader(want[name])); err != nil {
			t.Fatal(err)
		}
	}
	queue.Wait()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The size is what an archive says.
func TestPutReadsAllOfAFileWhateverItsSizeSays(t *testing.T) {
	var got []int
	queue := filequeue.New(1, func(_ string, content []byte) { got = append(got, len(content)) })
	for _, size := range []int64{0, 1, 1 << 62} {
		if err := queue.Put("a", size, strings.NewReader(strings.Repeat("x", 100_000))); err != nil {
			t.Fatal(err)
		}
	}
	queue.Wait()
	if diff := cmp.Diff([]int{100_000, 100_000, 100_000}, got); diff != "" {
		t.Error(diff)
	}
}

func TestFilesThatCannotBeReadAreNotHandled(t *testing.T) {
	broken := errors.New("broken")
	queue := filequeue.New(1, func(name string, _ []byte) { t.Errorf("%s was handled", name) })
	for range 100 {
		if err := queue.Put("a", 10, iotest.ErrReader(broken)); !errors.Is(err, broken) {
			t.Fatal(err)
		}
	}
	queue.Wait()
}

func TestDrainWaitsForAllFiles(t *testing.T) {
	var got []string
	queue := filequeue.New(1, func(name string, _ []byte) { got = append(got, name) })
	for _, name := range []string{"a", "b", "c"} {
		if err := queue.Put(name, 1, strings.NewReader(name)); err != nil {
			t.Fatal(err)
		}
		queue.Drain()
		if got[len(got)-1] != name {
			t.Errorf("after %s the queue has handled %q", name, got)
		}
	}
	queue.Wait()
}

func TestQueueWithoutFiles(*testing.T) { filequeue.New(1, nil).Wait() }
