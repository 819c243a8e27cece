package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

// hostsServer answers in memory and records how many requests are under way at each host.
type hostsServer struct {
	answer func(host string, n int) (status int, retryAfter string) // n counts the requests to all hosts from 1
	took   time.Duration

	mu   sync.Mutex
	n    int
	now  map[string]int
	most map[string]int
}

func (s *hostsServer) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	if s.now == nil {
		s.now, s.most = map[string]int{}, map[string]int{}
	}
	host := req.URL.Host
	s.n++
	status, after := http.StatusOK, ""
	if s.answer != nil {
		status, after = s.answer(host, s.n)
	}
	s.now[host]++
	s.most[host] = max(s.most[host], s.now[host])
	s.mu.Unlock()
	if status == 0 {
		s.end(host)
		return nil, errors.New("broken")
	}
	time.Sleep(s.took)
	header := http.Header{}
	if after != "" {
		header.Set("Retry-After", after)
	}
	body := &hostBody{strings.NewReader("body"), sync.OnceFunc(func() { s.end(host) })}
	if req.Method == http.MethodHead {
		body.end()
	}
	return &http.Response{StatusCode: status, Header: header, Body: body, ContentLength: 4, Request: req}, nil
}

func (s *hostsServer) end(host string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now[host]--
}

func (s *hostsServer) mostAt(host string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.most[host]
	s.most[host] = 0
	return n
}

type hostBody struct {
	io.Reader
	end func()
}

// Read ends the request with the last byte, as a connection does.
func (b *hostBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil {
		b.end()
	}
	return n, err
}

func (b *hostBody) Close() error {
	b.end()
	return nil
}

func hostRequest(ctx context.Context, method, host string) *http.Request {
	req, err := http.NewRequestWithContext(ctx, method, "https://"+host+"/v2/", nil)
	if err != nil {
		panic(err)
	}
	return req
}

// fetch sends a GET, reads its answer and returns its status, 0 for an error.
func fetch(ctx context.Context, link http.RoundTripper, host string) int {
	response, err := link.RoundTrip(hostRequest(ctx, http.MethodGet, host))
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	_, _ = io.ReadAll(response.Body)
	return response.StatusCode
}

// openUntil sends a GET until the answer is 200, and returns it with its body open.
func openUntil(ctx context.Context, link http.RoundTripper, host string) *http.Response {
	for {
		response, err := link.RoundTrip(hostRequest(ctx, http.MethodGet, host))
		if err == nil && response.StatusCode == http.StatusOK {
			return response
		}
		if err == nil {
			response.Body.Close()
		}
	}
}

// together runs n of f and waits for them.
func together(n int, f func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { f(i) })
	}
	all.Wait()
}

func TestLimitBoundsEachHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &hostsServer{took: time.Second}
		link := NewLimiter(LimiterOptions{Most: 3}).Link(server)
		together(20, func(i int) { fetch(t.Context(), link, []string{"a", "b"}[i%2]) })
		if a, b := server.mostAt("a"), server.mostAt("b"); a != 3 || b != 3 {
			t.Errorf("%d and %d requests at once, want 3 and 3", a, b)
		}
	})
}

func TestLimitIsAtLeastOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &hostsServer{took: time.Second}
		link := NewLimiter(LimiterOptions{Most: -1}).Link(server)
		together(3, func(int) { fetch(t.Context(), link, "a") })
		if a := server.mostAt("a"); a != 1 {
			t.Errorf("%d requests at once, want 1", a)
		}
	})
}

// TestPermitLastsUntilTheBodyEnds opens answers with a limit of 1: the next request is sent only when the one before is over.
func TestPermitLastsUntilTheBodyEnds(t *testing.T) {
	for name, test := range map[string]struct {
		method string
		end    func(*http.Response)
		held   bool // before end is called
	}{
		"closed":  {http.MethodGet, func(r *http.Response) { r.Body.Close() }, true},
		"read":    {http.MethodGet, func(r *http.Response) { _, _ = io.ReadAll(r.Body) }, true},
		"no body": {http.MethodHead, func(*http.Response) {}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				link := NewLimiter(LimiterOptions{Most: 1}).Link(&hostsServer{})
				response, err := link.RoundTrip(hostRequest(t.Context(), test.method, "a"))
				if err != nil {
					t.Fatal(err)
				}
				done := make(chan int, 1)
				go func() { done <- fetch(t.Context(), link, "A") }()
				synctest.Wait()
				if held := len(done) == 0; held != test.held {
					t.Errorf("the permit is held: %v, want %v", held, test.held)
				}
				test.end(response)
				if status := <-done; status != http.StatusOK {
					t.Errorf("the next request: %d", status)
				}
				response.Body.Close()
			})
		})
	}
}

func TestLimitHalvesOncePerWave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		status := http.StatusTooManyRequests
		server := &hostsServer{took: time.Second, answer: func(string, int) (int, string) { return status, "" }}
		link := NewLimiter(LimiterOptions{Most: 8}).Link(server)
		var limits []int
		wave := func(n int) {
			together(n, func(int) { fetch(t.Context(), link, "a") })
			limits = append(limits, server.mostAt("a"))
		}
		wave(8) // all eight are refused: one wave
		wave(4)
		status = http.StatusServiceUnavailable
		wave(2)
		wave(2)
		status = http.StatusOK
		wave(9)
		wave(1) // the tenth answer without a complaint
		wave(10)
		wave(10)
		for range 8 {
			wave(10)
		}
		want := []int{8, 4, 2, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 8}
		for i := range want {
			if limits[i] != want[i] {
				t.Fatalf("the limits were %v, want %v", limits, want)
			}
		}
	})
}

func TestRetryAfterHoldsTheWholeHost(t *testing.T) {
	for after, want := range map[string]time.Duration{"7": 7 * time.Second, "60": time.Minute, "": 0, "0": 0, "61": 0, "soon": 0} {
		t.Run(after, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &hostsServer{answer: func(_ string, n int) (int, string) {
					if n == 1 {
						return http.StatusTooManyRequests, after
					}
					return http.StatusOK, ""
				}}
				limiter := NewLimiter(LimiterOptions{Most: 4})
				link := limiter.Link(server)
				held, release, err := limiter.Take(t.Context(), "a")
				if err != nil {
					t.Fatal(err)
				}
				defer release()
				start := time.Now()
				fetch(t.Context(), link, "a")
				fetch(t.Context(), link, "other")
				if waited := time.Since(start); waited != 0 {
					t.Errorf("the other host waited %v", waited)
				}
				together(2, func(i int) {
					fetch([]context.Context{t.Context(), held}[i], link, "a")
					if waited := time.Since(start); waited != want {
						t.Errorf("request %d waited %v, want %v", i, waited, want)
					}
				})
			})
		})
	}
}

func TestWaitForAPermitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := NewLimiter(LimiterOptions{Most: 1})
		link := limiter.Link(&hostsServer{})
		_, release, err := limiter.Take(t.Context(), "a", "b")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := link.RoundTrip(hostRequest(ctx, http.MethodGet, "a")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a request: %v", err)
		}
		if _, _, err := limiter.Take(ctx, "b", "c"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Take: %v", err)
		}
		release()
		release()
		for _, host := range []string{"a", "b", "c"} {
			if status := fetch(t.Context(), link, host); status != http.StatusOK {
				t.Errorf("%s: %d", host, status)
			}
		}
		if len(limiter.queue) != 0 || limiter.hosts["b"].used != 0 || limiter.hosts["c"].used != 0 {
			t.Errorf("what is left: %d tickets, %d and %d permits", len(limiter.queue), limiter.hosts["b"].used, limiter.hosts["c"].used)
		}
	})
}

// TestCopiesCannotDeadlock copies 200 blobs: each holds the permits of its source and its target, reads from one while it
// writes to the other.
func TestCopiesCannotDeadlock(t *testing.T) {
	refusing := func(every int) func(string, int) (int, string) {
		return func(_ string, n int) (int, string) {
			switch n % every {
			case 1:
				return http.StatusTooManyRequests, "1"
			case 2:
				return 0, ""
			}
			return http.StatusOK, ""
		}
	}
	for name, test := range map[string]struct {
		permits int
		hosts   func(i int) (source, target string)
		answer  func(string, int) (int, string)
		most    int // requests at once
	}{
		"one registry":              {4, func(int) (string, string) { return "a", "a" }, nil, 4},
		"one registry, one permit":  {1, func(int) (string, string) { return "a", "a" }, nil, 2},
		"one registry that refuses": {4, func(int) (string, string) { return "a", "a" }, refusing(3), 4},
		"two registries":            {4, func(int) (string, string) { return "a", "b" }, refusing(4), 4},
		"both directions":           {4, func(i int) (string, string) { return []string{"a", "b"}[i%2], []string{"b", "a"}[i%2] }, refusing(5), 4},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &hostsServer{took: time.Second, answer: test.answer}
				limiter := NewLimiter(LimiterOptions{Most: test.permits})
				link := limiter.Link(server)
				together(200, func(i int) {
					source, target := test.hosts(i)
					ctx, release, err := limiter.Take(t.Context(), source, target)
					if err != nil {
						t.Error(err)
						return
					}
					defer release()
					read := openUntil(ctx, link, source)
					openUntil(ctx, link, target).Body.Close()
					read.Body.Close()
				})
				for host, h := range limiter.hosts {
					if h.used != 0 || server.mostAt(host) > test.most {
						t.Errorf("%s: %d permits are left, %d requests at once, want at most %d", host, h.used, server.mostAt(host), test.most)
					}
				}
			})
		})
	}
}

// TestPairIsNotStarved keeps two hosts busy with single requests, whose gaps never coincide, and waits for both hosts at once.
func TestPairIsNotStarved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := NewLimiter(LimiterOptions{Most: 1})
		link := limiter.Link(&hostsServer{took: 2 * time.Second})
		ctx, cancel := context.WithCancel(t.Context())
		var busy sync.WaitGroup
		defer busy.Wait()
		defer cancel()
		for i, host := range []string{"a", "b"} {
			time.Sleep(time.Duration(i) * time.Second)
			for range 3 {
				busy.Go(func() {
					for ctx.Err() == nil {
						fetch(ctx, link, host)
					}
				})
			}
		}
		synctest.Wait()
		limited, end := context.WithTimeout(ctx, time.Hour)
		defer end()
		if _, release, err := limiter.Take(limited, "a", "b"); err != nil {
			t.Errorf("the pair never got its permits: %v", err)
		} else {
			release()
		}
	})
}

func TestPairDoesNotHoldBackAFreeHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &hostsServer{answer: func(host string, _ int) (int, string) {
			if host == "b" {
				return http.StatusTooManyRequests, "60"
			}
			return http.StatusOK, ""
		}}
		limiter := NewLimiter(LimiterOptions{Most: 1})
		link := limiter.Link(server)
		fetch(t.Context(), link, "b")
		go func() {
			_, release, err := limiter.Take(t.Context(), "a", "b")
			if err == nil {
				release()
			}
		}()
		synctest.Wait()
		start := time.Now()
		for range 3 * passMost {
			fetch(t.Context(), link, "a")
		}
		if waited := time.Since(start); waited != 0 {
			t.Errorf("a free host waited %v for one that takes no requests", waited)
		}
	})
}

func TestPermitIsLentBackWhenABodyBreaksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := NewLimiter(LimiterOptions{Most: 1})
		held, release, err := limiter.Take(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		defer release()
		link := limiter.Link(Func(func(request *http.Request) (*http.Response, error) {
			body := io.NopCloser(io.MultiReader(strings.NewReader("part"), iotest.ErrReader(io.ErrUnexpectedEOF)))
			return &http.Response{StatusCode: http.StatusOK, Body: body, ContentLength: 9, Request: request}, nil
		}))
		if status := fetch(held, link, "a"); status != http.StatusOK {
			t.Fatalf("got %d", status)
		}
		if status := fetch(t.Context(), limiter.Link(&hostsServer{}), "a"); status != http.StatusOK {
			t.Errorf("another request: %d", status)
		}
	})
}

// TestPermitsAreLentBackBetweenTries lets the target refuse a request. Until the next try, other requests get the permit of the
// source, unless the copy still reads from it.
func TestPermitsAreLentBackBetweenTries(t *testing.T) {
	for name, reads := range map[string]bool{"nothing under way": false, "the source is read": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &hostsServer{answer: func(host string, n int) (int, string) {
					if host == "target" && n <= 2 {
						return http.StatusTooManyRequests, "30"
					}
					return http.StatusOK, ""
				}}
				limiter := NewLimiter(LimiterOptions{Most: 1})
				link := limiter.Link(server)
				held, release, err := limiter.Take(t.Context(), "source", "target")
				if err != nil {
					t.Fatal(err)
				}
				defer release()
				if reads {
					response, err := link.RoundTrip(hostRequest(held, http.MethodGet, "source"))
					if err != nil {
						t.Fatal(err)
					}
					defer response.Body.Close()
				}
				fetch(held, link, "target")
				done := make(chan int, 1)
				go func() { done <- fetch(t.Context(), link, "source") }()
				synctest.Wait()
				if free := len(done) == 1; free == reads {
					t.Errorf("the source is free: %v", free)
				}
				if status := fetch(held, link, "target"); status != http.StatusOK {
					t.Errorf("the next try: %d", status)
				}
				release()
				<-done
			})
		})
	}
}

func TestTakeWithinTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := NewLimiter(LimiterOptions{Most: 1})
		link := limiter.Link(&hostsServer{})
		outer, releaseOuter, err := limiter.Take(t.Context(), "a", "b")
		if err != nil {
			t.Fatal(err)
		}
		inner, releaseInner, err := limiter.Take(outer, "A", "c")
		if err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for _, host := range []string{"a", "b", "c"} {
			if status := fetch(inner, link, host); status != http.StatusOK {
				t.Errorf("%s is held, and a request fails: %d", host, status)
			}
			if status := fetch(short, link, host); status != 0 {
				t.Errorf("%s is free: %d", host, status)
			}
		}
		releaseInner()
		if status := fetch(t.Context(), link, "c"); status != http.StatusOK {
			t.Errorf("c is not free: %d", status)
		}
		if status := fetch(outer, link, "a"); status != http.StatusOK {
			t.Errorf("a is no longer held: %d", status)
		}
		releaseOuter()
		if status := fetch(outer, link, "a"); status != 0 {
			t.Errorf("a request with permits that were given back: %d", status)
		}
	})
}

func TestPausesUseTheClockOfTheCaller(t *testing.T) {
	var waits []time.Duration
	var ends []func()
	limiter := NewLimiter(LimiterOptions{After: func(wait time.Duration, run func()) {
		waits, ends = append(waits, wait), append(ends, run)
	}})
	answers := 0
	link := limiter.Link(&hostsServer{answer: func(string, int) (int, string) {
		answers++
		return map[int]int{1: 429, 2: 503}[answers], "9"
	}})
	held, release, err := limiter.Take(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	fetch(held, link, "a")
	canceled, cancel := context.WithCancel(held)
	cancel()
	if status := fetch(canceled, link, "a"); status != 0 || answers != 1 {
		t.Errorf("a request was sent although the host wants none: %d", status)
	}
	ends[0]()
	fetch(held, link, "a")
	ends[1]()
	if len(waits) != 2 || waits[0] != 9*time.Second || limiter.hosts["a"].pauses != 0 {
		t.Errorf("waits %v, %d pauses are left", waits, limiter.hosts["a"].pauses)
	}
}
