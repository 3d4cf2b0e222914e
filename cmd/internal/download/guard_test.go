package download

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// rebinding is a resolver for which every name is at one address, whatever it was before.
func rebinding(t *testing.T, address [4]byte) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	go func() {
		for {
			query := make([]byte, 512)
			n, from, err := conn.ReadFrom(query)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(answer(query[:n], address), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// answer has an A record for questions for one, and none for others.
func answer(query []byte, address [4]byte) []byte {
	end := 12
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	kind := binary.BigEndian.Uint16(query[end+1:])
	reply := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, query[12:end+5]...)
	if kind == 1 {
		reply[7] = 1
		reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
		reply = append(reply, address[:]...)
	}
	return reply
}

func fetched(t *testing.T, g *guard, address string) error {
	t.Helper()
	client := newClient(Options{Attempts: 1}, g)
	output, err := json.Marshal(address)
	require.NoError(t, err)
	client.Save(t.Context(), t.TempDir(), []Item{{Stem: "a", Output: output}}, func(r Result) { err = r.Err })
	return err
}

// TestNamesAreCheckedWhereTheyLead: the address that a connection uses is what is checked.
func TestNamesAreCheckedWhereTheyLead(t *testing.T) {
	t.Parallel()
	for _, private := range [][4]byte{{127, 0, 0, 1}, {10, 1, 2, 3}, {169, 254, 169, 254}} {
		g, err := newGuard("https://api.example.com")
		require.NoError(t, err)
		g.proxy = func(*http.Request) (*url.URL, error) { return nil, nil }
		g.dialer.Resolver = rebinding(t, private)
		err = fetched(t, g, "https://cdn.example.com/a.png")
		var no *RefusedError
		require.ErrorAs(t, err, &no)
		require.ErrorContains(t, err, netip.AddrFrom4(private).String())
	}
}

// TestProxy: the user's own proxy may be private, but not the hosts requested through it.
func TestProxy(t *testing.T) {
	t.Parallel()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.URL.String())) }))
	t.Cleanup(proxy.Close)
	at, err := url.Parse(proxy.URL)
	require.NoError(t, err)
	g, err := newGuard("")
	require.NoError(t, err)
	g.proxy = http.ProxyURL(at)
	require.NoError(t, fetched(t, g, "http://cdn.example.com/a.png"))
	for _, address := range []string{"http://localhost/", "http://a.localhost./", "http://127.0.0.1/", "http://2130706433/", "http://127.1/", "http://0x7f.0x1/"} {
		var no *RefusedError
		require.ErrorAs(t, fetched(t, g, address), &no, address)
	}
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://API.wavespeed.ai/api/v3": "api.wavespeed.ai:443", "http://simulator": "simulator:80", "http://127.0.0.1:8084": "localhost:8084",
		"http://[::1]:8084": "localhost:8084", "http://localhost:8084": "localhost:8084", "http://127.0.0.2:8084": "127.0.0.2:8084",
	} {
		u, err := url.Parse(text)
		require.NoError(t, err)
		require.Equal(t, want, canonical(u))
	}
}

// TestClaimWithoutLinks: a file system without hard links keeps files as well.
func TestClaimWithoutLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	partial := filepath.Join(dir, "partial")
	require.NoError(t, os.WriteFile(partial, []byte("new"), 0o600))
	taken := filepath.Join(dir, "taken")
	require.NoError(t, os.WriteFile(taken, []byte("old"), 0o600))
	require.ErrorIs(t, claimByName(partial, taken), os.ErrExist)
	free := filepath.Join(dir, "free")
	require.NoError(t, claimByName(partial, free))
	content, err := os.ReadFile(free)
	require.NoError(t, err)
	require.Equal(t, "new", string(content))
	require.NoFileExists(t, partial)
}

// TestPause grows, varies, honours Retry-After, and is bounded.
func TestPause(t *testing.T) {
	t.Parallel()
	c := newClient(Options{Backoff: time.Second}, new(guard))
	for attempt, most := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 4: 8 * time.Second, 9: maxPause} {
		got := c.pause(attempt, errStalled)
		require.LessOrEqual(t, got, most)
		require.GreaterOrEqual(t, got, most/2)
	}
	require.Equal(t, 20*time.Second, c.pause(1, &statusError{code: 503, after: 20 * time.Second}))
	require.Equal(t, maxPause, c.pause(1, &statusError{code: 503, after: time.Hour}))
}
