package blobstore

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// put makes a file that was used some time ago.
func put(t *testing.T, dir, name string, size int, ago time.Duration) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
		t.Fatal(err)
	}
	used := noon.Add(-ago)
	if err := os.Chtimes(path, used, used); err != nil {
		t.Fatal(err)
	}
}

var noon = time.Date(2023, 10, 31, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// old is a store with files of all ages.
func old(t *testing.T) *Store {
	t.Helper()
	c, _ := fresh(t)
	c.options.Now = func() time.Time { return noon }
	dir := c.options.Dir
	put(t, dir, "blobs/sha256/today", 100, time.Hour)
	put(t, dir, "blobs/sha256/lastweek", 100, 7*day)
	put(t, dir, "blobs/sha256/old", 100, 31*day)
	put(t, dir, "blobs/sha256/begun.partial", 10, time.Hour)
	put(t, dir, "blobs/sha256/begunlong.partial", 10, 25*time.Hour)
	put(t, dir, "notes/k/lastweek", 100, 6*day)
	put(t, dir, "notes/k/future", 100, -3650*day)
	put(t, dir, "tmp/now", 10, time.Minute)
	put(t, dir, "tmp/long", 10, 25*time.Hour)
	put(t, dir, "locks/long", 0, 25*time.Hour)
	put(t, dir, "mine.txt", 10, 365*day)
	return c
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	return slices.Sorted(maps.Keys(files(t, dir)))
}

func TestEviction(t *testing.T) {
	always := []string{"blobs/sha256/begun.partial", "mine.txt", "swept", "tmp/now"}
	for name, test := range map[string]struct {
		age   time.Duration
		limit int64
		want  []string
	}{
		"by age":                  {30 * day, 1 << 30, []string{"blobs/sha256/lastweek", "blobs/sha256/today", "notes/k/future", "notes/k/lastweek"}},
		"by a shorter age":        {day, 1 << 30, []string{"blobs/sha256/today", "notes/k/future"}},
		"by size":                 {30 * day, 350, []string{"blobs/sha256/today", "notes/k/future"}},
		"by size, to nine tenths": {30 * day, 419, []string{"blobs/sha256/today", "notes/k/future", "notes/k/lastweek"}},
		"just not too much":       {30 * day, 420, []string{"blobs/sha256/lastweek", "blobs/sha256/today", "notes/k/future", "notes/k/lastweek"}},
		"everything":              {30 * day, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c := old(t)
			c.options.Age, c.options.Limit = test.age, test.limit
			c.evictHourly()
			want := slices.Sorted(slices.Values(slices.Concat(always, test.want)))
			if diff := cmp.Diff(want, names(t, c.options.Dir)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEvictionRunsOnceAnHour(t *testing.T) {
	c := old(t)
	c.evictHourly()
	for after, evicted := range map[time.Duration]bool{59 * time.Minute: false, -59 * time.Minute: false} {
		put(t, c.options.Dir, "tmp/long", 10, 25*time.Hour)
		c.options.Now = func() time.Time { return noon.Add(after) }
		c.evictHourly()
		if got := !slices.Contains(names(t, c.options.Dir), "tmp/long"); got != evicted {
			t.Errorf("after %v: evicted %v", after, got)
		}
	}
	// A clock that was wrong by years does not prevent it.
	for _, after := range []time.Duration{61 * time.Minute, -3650 * day} {
		put(t, c.options.Dir, "tmp/long", 10, 25*time.Hour-after)
		c.options.Now = func() time.Time { return noon.Add(after) }
		c.evictHourly()
		if slices.Contains(names(t, c.options.Dir), "tmp/long") {
			t.Errorf("after %v: not evicted", after)
		}
	}
}

func TestTimeOfUseIsUpdatedHourly(t *testing.T) {
	c, _ := fresh(t)
	now := &clock{noon}
	c.options.Now = now.Now
	b := newBlob(100)
	c.WriteFile("notes/k/x", []byte("n"))
	b.good(t, c)
	for _, name := range []string{blobName(b.digest), "notes/k/x"} {
		put := func(used time.Time) {
			if err := os.Chtimes(filepath.Join(c.options.Dir, name), used, used); err != nil {
				t.Fatal(err)
			}
		}
		used := func() time.Time {
			b.good(t, c)
			c.ReadFile("notes/k/x", 100)
			info, err := os.Stat(filepath.Join(c.options.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			return info.ModTime().UTC()
		}
		put(noon.Add(-59 * time.Minute))
		if got := used(); !got.Equal(noon.Add(-59 * time.Minute)) {
			t.Errorf("%s: used at %v, within the hour", name, got)
		}
		put(noon.Add(-61 * time.Minute))
		if got := used(); !got.Equal(noon) {
			t.Errorf("%s: used at %v, want %v", name, got, noon)
		}
	}
}

func TestClean(t *testing.T) {
	for name, test := range map[string]struct {
		what  Cleaning
		files int
		bytes int64
		want  []string
	}{
		"all":          {Cleaning{All: true}, 9, 540, []string{"locks/long", "mine.txt"}},
		"30 days":      {Cleaning{OlderThan: 30 * day}, 4, 120, []string{"blobs/sha256/begun.partial", "blobs/sha256/lastweek", "blobs/sha256/today", "mine.txt", "notes/k/future", "notes/k/lastweek", "tmp/now"}},
		"six days":     {Cleaning{OlderThan: 6 * day}, 5, 220, []string{"blobs/sha256/begun.partial", "blobs/sha256/today", "mine.txt", "notes/k/future", "notes/k/lastweek", "tmp/now"}},
		"half an hour": {Cleaning{OlderThan: 30 * time.Minute}, 8, 430, []string{"mine.txt", "notes/k/future", "tmp/now"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := old(t)
			n, bytes, err := clean(c.options, test.what)
			if err != nil || n != test.files || bytes != test.bytes {
				t.Errorf("%d files, %d bytes, %v; want %d, %d", n, bytes, err, test.files, test.bytes)
			}
			if diff := cmp.Diff(test.want, names(t, c.options.Dir)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A file that another process deletes meanwhile is no error and is not counted.
func TestCleanWhileOthersWork(t *testing.T) {
	c := old(t)
	c.options.Now = func() time.Time { // asked once all files are listed
		for _, name := range []string{"blobs/sha256/old", "tmp/long", "locks/long"} {
			if err := os.Remove(filepath.Join(c.options.Dir, filepath.FromSlash(name))); err != nil {
				t.Fatal(err)
			}
		}
		return noon
	}
	n, bytes, err := clean(c.options, Cleaning{OlderThan: 30 * day})
	if n != 1 || bytes != 10 || err != nil {
		t.Errorf("%d files, %d bytes, %v", n, bytes, err)
	}
}

func TestCleanWithoutDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	n, _, err := clean(testOptions(dir), Cleaning{All: true})
	if _, made := os.Stat(dir); n != 0 || err != nil || made == nil {
		t.Errorf("%d files, %v", n, err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, _, err := clean(testOptions(dir), Cleaning{All: true}); err == nil {
		t.Errorf("a directory of everybody is cleaned: %v", err)
	}
}
