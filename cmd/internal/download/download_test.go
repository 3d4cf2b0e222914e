package download_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/download"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

func output(t *testing.T, value any) generation.Output {
	t.Helper()
	encoded, err := json.Marshal(value)
	require.NoError(t, err)
	return encoded
}

func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

// save saves items by stem and returns the results by the stem that they had in the end.
func save(t *testing.T, options download.Options, dir string, items ...download.Item) map[string]download.Result {
	t.Helper()
	options.Backoff = max(options.Backoff, time.Millisecond)
	client, err := download.New(options)
	require.NoError(t, err)
	results := make(map[string]download.Result)
	client.Save(t.Context(), dir, items, func(r download.Result) { results[r.Stem] = r })
	return results
}

func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	all := make(map[string]string)
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		require.NoError(t, err)
		all[entry.Name()] = string(content)
	}
	return all
}

// TestNothingIsOverwritten: a name that another file has is left alone, and the same file is
// not saved twice.
func TestNothingIsOverwritten(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "of "+r.URL.Path) })
	dir, o := t.TempDir(), download.Options{BaseURL: server.URL}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "still.png"), []byte("the user's own"), 0o600))
	first := download.Item{Stem: "still", Output: output(t, server.URL+"/1.png")}
	second := download.Item{Stem: "still", Output: output(t, server.URL+"/2.png")}
	for range 2 { // the same again changes nothing
		got := save(t, o, dir, first)["still"]
		require.NoError(t, got.Err)
		require.Equal(t, filepath.Join(dir, "still-2.png"), got.Path)
		require.Equal(t, filepath.Join(dir, "still.png"), got.Taken)
		require.Equal(t, filepath.Join(dir, "still-3.png"), save(t, o, dir, second)["still"].Path)
		require.Equal(t, map[string]string{"still.png": "the user's own", "still-2.png": "of /1.png", "still-3.png": "of /2.png"}, files(t, dir))
	}
	require.True(t, save(t, o, dir, first)["still"].Existing)
	o.Overwrite = true
	require.Equal(t, filepath.Join(dir, "still.png"), save(t, o, dir, second)["still"].Path)
	require.Equal(t, "of /2.png", files(t, dir)["still.png"], "the user asked for it")
}

// TestOtherKindsOfFiles: a link, even one that leads nowhere, and a directory are not
// replaced either.
func TestOtherKindsOfFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	require.NoError(t, os.Symlink(elsewhere, filepath.Join(dir, "a.txt")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "b.txt"), 0o700))
	got := save(t, download.Options{}, dir, download.Item{Stem: "a", Output: output(t, "x")}, download.Item{Stem: "b", Output: output(t, "x")})
	require.Equal(t, filepath.Join(dir, "a-2.txt"), got["a"].Path)
	require.Equal(t, filepath.Join(dir, "b-2.txt"), got["b"].Path)
	require.NoFileExists(t, elsewhere)
}

// TestConcurrentRunsKeepAllFiles: what two processes write at the same moment is not lost.
func TestConcurrentRunsKeepAllFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var work sync.WaitGroup
	for n := range 8 {
		client, err := download.New(download.Options{})
		require.NoError(t, err)
		work.Go(func() {
			client.Save(t.Context(), dir, []download.Item{{Stem: "still", Output: output(t, fmt.Sprint("run ", n))}}, func(r download.Result) {
				if r.Err != nil {
					t.Error(r.Err)
				}
			})
		})
	}
	work.Wait()
	var contents []string
	for _, content := range files(t, dir) {
		contents = append(contents, content)
	}
	require.Len(t, contents, 8, "and nothing that is partial")
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(contents))), 8)
}

// TestNamesDoNotCollide: also where case makes no difference, and in the same way each time.
func TestNamesDoNotCollide(t *testing.T) {
	t.Parallel()
	items := []download.Item{
		{Stem: "still", Output: output(t, "1")}, {Stem: "Still", Output: output(t, "2")},
		{Stem: "still-2", Output: output(t, "3")}, {Stem: "still", Output: output(t, "4")},
	}
	want := map[string]string{"still.txt": "1", "Still-2.txt": "2", "still-2-2.txt": "3", "still-3.txt": "4"}
	dir := t.TempDir()
	for range 2 {
		save(t, download.Options{}, dir, items...)
		require.Equal(t, want, files(t, dir))
	}
	// A free name is not one that another output has.
	dir = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.txt"), []byte("other"), 0o600))
	save(t, download.Options{Parallel: 1}, dir, download.Item{Stem: "a", Output: output(t, "1")}, download.Item{Stem: "a-2", Output: output(t, "2")})
	require.Equal(t, map[string]string{"a.txt": "other", "a-3.txt": "1", "a-2.txt": "2"}, files(t, dir))
}

func TestStem(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 300)
	for want, parts := range map[string][]string{
		"shots-0007-mug-ivory":   {"shots", "0007", "mug ivory"},
		"shots-0007-mug-ivory-1": {"shots", "0007", "mug/../ivory", "1"},
		"output":                 {"../..", "", "漢字"},
		"con_":                   {"con"},
		"LPT1_":                  {"LPT1"},
		"con-0000":               {"con", "0000"},
		"a-b-c-d-e-f-g_h":        {`a:b*c?d"e<f>|g_h.`},
		"rm-rf":                  {"-rm -rf"},
		"hidden":                 {".hidden"},
		"a-png":                  {"a.png"},
		"n-l":                    {"n\x00\x1b\nl"},
		strings.Repeat("x", 60):  {long},
		"s-0001-" + long[:60]:    {"s", "0001", long},
		strings.Repeat("a", 59):  {strings.Repeat("a", 59) + " b"},
		"caf-au-lait":            {"café au lait"},
	} {
		require.Equal(t, want, download.Stem(parts...))
	}
}

// TestOneFailureStopsNoOther, and its reason doesn't repeat the URL.
func TestOneFailureStopsNoOther(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/2.png" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, r.URL.Path)
	})
	var items []download.Item
	for i := range 5 {
		items = append(items, download.Item{Stem: fmt.Sprint("shot-", i), Output: output(t, fmt.Sprintf("%s/%d.png?token=secret", server.URL, i))})
	}
	dir := t.TempDir()
	got := save(t, download.Options{BaseURL: server.URL}, dir, items...)
	require.ErrorContains(t, got["shot-2"].Err, "HTTP 404")
	require.NotContains(t, got["shot-2"].Err.Error(), "secret")
	require.Len(t, files(t, dir), 4)
}

// TestTransientErrorsAreRetried, each from the start of the file.
func TestTransientErrorsAreRetried(t *testing.T) {
	t.Parallel()
	abort := func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "an error page that is longer than the file", code)
		}
	}
	for name, fail := range map[string]http.HandlerFunc{
		"500": status(500), "502": status(502), "503": status(503), "504": status(504), "429": status(429), "408": status(408), "reset": abort,
		"truncated": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, "half of the fil")
			abort(w, r)
		},
		"truncated in chunks": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, "half of the fil")
			w.(http.Flusher).Flush()
			abort(w, r)
		},
		"stalled before the answer": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"stalled in the body": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, "half of the fil")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int32
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if requests.Add(1) < 3 {
					fail(w, r)
					return
				}
				fmt.Fprint(w, "the file")
			})
			dir := t.TempDir()
			got := save(t, download.Options{BaseURL: server.URL, StallTimeout: 100 * time.Millisecond}, dir, download.Item{Stem: "a", Output: output(t, server.URL+"/a.png")})
			require.NoError(t, got["a"].Err)
			require.Equal(t, map[string]string{"a.png": "the file"}, files(t, dir))
			require.EqualValues(t, 3, requests.Load())
		})
	}
}

// TestOtherErrorsAreNot retried.
func TestOtherErrorsAreNot(t *testing.T) {
	t.Parallel()
	for _, code := range []int{400, 401, 403, 404, 410} {
		var requests atomic.Int32
		server := serve(t, func(w http.ResponseWriter, _ *http.Request) { requests.Add(1); w.WriteHeader(code) })
		got := save(t, download.Options{BaseURL: server.URL}, t.TempDir(), download.Item{Stem: "a", Output: output(t, server.URL)})
		require.ErrorContains(t, got["a"].Err, fmt.Sprint("HTTP ", code))
		require.EqualValues(t, 1, requests.Load())
	}
	var requests atomic.Int32
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) { requests.Add(1); w.WriteHeader(503) })
	got := save(t, download.Options{BaseURL: server.URL, Attempts: 3}, t.TempDir(), download.Item{Stem: "a", Output: output(t, server.URL)})
	require.ErrorContains(t, got["a"].Err, "HTTP 503")
	require.EqualValues(t, 3, requests.Load(), "attempts are bounded")
}

func TestFilesAreBounded(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if r.URL.Path == "/chunked" {
			w.(http.Flusher).Flush()
		}
		fmt.Fprint(w, strings.Repeat("x", 101))
	})
	for _, path := range []string{"/told", "/chunked"} {
		dir := t.TempDir()
		got := save(t, download.Options{BaseURL: server.URL, MaxBytes: 100}, dir, download.Item{Stem: "a", Output: output(t, server.URL+path)})
		require.EqualError(t, got["a"].Err, "it is larger than the limit of 100 B")
		require.Empty(t, files(t, dir), "nothing partial is left")
	}
	require.EqualValues(t, 2, requests.Load())
	require.NoError(t, save(t, download.Options{BaseURL: server.URL, MaxBytes: 101}, t.TempDir(), download.Item{Stem: "a", Output: output(t, server.URL)})["a"].Err)
}

// TestRefused: URLs of outputs lead to public addresses at the standard ports only, except
// to the provider itself.
func TestRefused(t *testing.T) {
	t.Parallel()
	other := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "internal") })
	provider := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if to := r.URL.Query().Get("to"); to != "" {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		fmt.Fprint(w, "the file")
	})
	o := download.Options{BaseURL: provider.URL + "/api/v3"}
	for _, address := range []string{
		other.URL + "/a.png", "http://127.0.0.1/", "https://127.0.0.1:443/", "http://localhost/", "http://[::1]/", "http://10.0.0.1/", "http://192.168.1.1/",
		"http://172.16.0.1/", "http://169.254.169.254/latest/meta-data", "http://[fe80::1]/", "http://[fd00::1]/", "http://0.0.0.0/", "http://[::]/",
		"http://100.64.0.1/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:10.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/",
		"http://224.0.0.1/", "http://255.255.255.255/", "https://example.com:8443/", "http://example.com:22/", "http://user:pw@example.com/",
	} {
		for name, target := range map[string]string{"given": address, "redirect": provider.URL + "/a.png?to=" + strings.ReplaceAll(address, "/", "%2F")} {
			dir := t.TempDir()
			got := save(t, o, dir, download.Item{Stem: "a", Output: output(t, target)})
			var no *download.RefusedError
			require.ErrorAs(t, got["a"].Err, &no, "%s: %s", name, target)
			require.Empty(t, files(t, dir))
		}
	}
	for _, target := range []string{"file:///etc/passwd", "ftp://example.com/a", "gopher://127.0.0.1"} {
		got := save(t, o, t.TempDir(), download.Item{Stem: "a", Output: output(t, provider.URL+"/?to="+strings.ReplaceAll(target, "/", "%2F"))})
		require.ErrorContains(t, got["a"].Err, "not http or https")
	}
	require.NoError(t, save(t, o, t.TempDir(), download.Item{Stem: "a", Output: output(t, provider.URL+"/a.png")})["a"].Err)
	require.NoError(t, save(t, o, t.TempDir(), download.Item{Stem: "a", Output: output(t, provider.URL+"/a.png?to=%2Fb.png")})["a"].Err)
	loop := save(t, o, t.TempDir(), download.Item{Stem: "a", Output: output(t, provider.URL+"/?to="+strings.ReplaceAll(provider.URL+"/?to=x", "/", "%2F"))})
	require.NoError(t, loop["a"].Err)
}

// TestKinds: each output is saved as what it is.
func TestKinds(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/webp")
		fmt.Fprint(w, r.URL.Path)
	})
	picture := "\x89PNG\r\n\x1a\n" + strings.Repeat("pixels", 20)
	encoded := base64.StdEncoding.EncodeToString([]byte(picture))
	dir := t.TempDir()
	save(t, download.Options{BaseURL: server.URL}, dir,
		download.Item{Stem: "text", Output: output(t, "a poem\n")},
		download.Item{Stem: "naked", Output: output(t, encoded)},
		download.Item{Stem: "data", Output: output(t, "data:image/png;base64,"+encoded)},
		download.Item{Stem: "object", Output: output(t, map[string]any{"url": server.URL + "/mesh.glb", "seed": 1})},
		download.Item{Stem: "nameless", Output: output(t, server.URL+"/download")},
		download.Item{Stem: "odd", Output: output(t, server.URL+"/a.png%2f..%2f")},
		download.Item{Stem: "json", Output: output(t, map[string]any{"score": 1, "mesh": map[string]string{"file": server.URL + "/m.obj"}})},
	)
	require.Equal(t, map[string]string{
		"text.txt": "a poem\n", "naked.png": picture, "data.png": picture, "object.glb": "/mesh.glb", "nameless.webp": "/download",
		"odd.webp": "/a.png/../", "json-mesh-file.obj": "/m.obj", "json.json": `{"mesh":{"file":"` + server.URL + `/m.obj"},"score":1}` + "\n",
	}, files(t, dir))
}

// TestCanceled leaves nothing behind.
func TestCanceled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() })
	client, err := download.New(download.Options{BaseURL: server.URL})
	require.NoError(t, err)
	dir := t.TempDir()
	client.Save(ctx, dir, []download.Item{{Stem: "a", Output: output(t, server.URL)}}, func(r download.Result) {
		if !errors.Is(r.Err, context.Canceled) {
			t.Error(r.Err)
		}
	})
	require.Empty(t, files(t, dir))
}

func TestSizes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"1": 1, "1000": 1000, "1B": 1, "4GiB": 4 << 30, "4 gib": 4 << 30, "500MB": 500e6, "1tib": 1 << 40, "9223372036854775806": 9223372036854775806} {
		got, err := download.ParseSize(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "0", "-1", "x", "GiB", "1.5GiB", "1XB", "9223372036854775807", "9999999TiB"} {
		_, err := download.ParseSize(text)
		require.ErrorContains(t, err, "is not a size such as 4GiB", text)
	}
	require.Equal(t, "4 GiB", download.FormatSize(download.DefaultMaxBytes))
	require.Equal(t, "101 B", download.FormatSize(101))
}
