package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// program is a run of the simulator.
type program struct {
	url    string
	logs   *logs
	cancel context.CancelFunc
	ended  chan error
}

type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// begin runs the program until the test ends, and waits until it listens.
func begin(t *testing.T, env map[string]string, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := &program{logs: &logs{}, cancel: cancel, ended: make(chan error, 1)}
	out, in := io.Pipe()
	go func() {
		err := run(ctx, append([]string{"--listen", "127.0.0.1:0"}, args...), func(name string) string { return env[name] }, in, p.logs)
		_ = in.CloseWithError(err)
		p.ended <- err
	}()
	line := make([]byte, 1000)
	n, err := out.Read(line)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(line[:n]), "\n"), "one line")
	p.url = regexp.MustCompile(`at (http://\S+):`).FindStringSubmatch(string(line[:n]))[1]
	t.Cleanup(func() { p.stop(t) })
	return p
}

func (p *program) stop(t *testing.T) {
	t.Helper()
	p.cancel()
	select {
	case err := <-p.ended:
		require.NoError(t, err)
		p.ended <- err
	case <-time.After(10 * time.Second):
		require.Fail(t, "it did not stop")
	}
}

func (p *program) client(t *testing.T, key string) *wavespeed.Client {
	t.Helper()
	c, err := wavespeed.New(wavespeed.Options{APIKey: key, BaseURL: p.url})
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func TestItServesUntilItIsStopped(t *testing.T) {
	t.Parallel()
	p := begin(t, nil, "--duration", "1ms", "--log-level", "debug")
	c := p.client(t, wavespeedtest.DefaultKey)
	_, err := c.Submit(context.Background(), wavespeed.SubmitRequest{Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": "x"}})
	require.NoError(t, err)
	secret, err := c.WebhookSecret(context.Background())
	require.NoError(t, err)
	require.Equal(t, wavespeedtest.DefaultSecret, secret)
	p.stop(t)
	_, err = c.Balance(context.Background())
	require.Error(t, err)
	require.Contains(t, p.logs.String(), "accepted")
	require.NotContains(t, p.logs.String(), wavespeedtest.DefaultKey)
}

func TestSettingsComeFromFlagsThenFromTheEnvironment(t *testing.T) {
	t.Parallel()
	env := map[string]string{"WAVESPEED_API_KEY": "key-of-env", "WAVESPEED_WEBHOOK_SECRET": "whsec_new, whsec_old"}
	p := begin(t, env, "--account", "name=other,key=key-b,secret=whsec_b", "--balance", "5", "--tier", "Bronze",
		"--refuse-overflow", "--retry-after", "--duration", "1h")
	c := p.client(t, "key-of-env")
	secret, err := c.WebhookSecret(context.Background())
	require.NoError(t, err)
	require.Equal(t, "whsec_new", secret)
	balance, err := c.Balance(context.Background())
	require.NoError(t, err)
	require.Equal(t, generation.Dollars(5), balance)
	for range 2 {
		_, err = c.Submit(context.Background(), wavespeed.SubmitRequest{Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": "x"}})
		require.NoError(t, err)
	}
	_, err = c.Submit(context.Background(), wavespeed.SubmitRequest{Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": "x"}})
	var refused *wavespeed.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, generation.ErrorTypeRateLimited, generation.ErrorTypeOf(refused))
	require.Positive(t, refused.RetryAfter)
	secret, err = p.client(t, "key-b").WebhookSecret(context.Background())
	require.NoError(t, err)
	require.Equal(t, "whsec_b", secret)

	flagged := begin(t, env, "--api-key", "key-of-flag", "--secret", "whsec_flag", "--fault", "list-error,status=502", "--public-url", "http://simulator:8585")
	require.Equal(t, "http://simulator:8585", flagged.url)
}

func TestFaultsAreFlags(t *testing.T) {
	t.Parallel()
	p := begin(t, nil, "--fault", "list-error,status=502", "--fault", "submit-error=1")
	_, err := p.client(t, wavespeedtest.DefaultKey).List(context.Background(), wavespeed.ListOptions{})
	var failed *wavespeed.Error
	require.ErrorAs(t, err, &failed)
	require.ErrorContains(t, failed, "HTTP 502")
}

func TestBehaviorsAreFlags(t *testing.T) {
	t.Parallel()
	p := begin(t, nil, "--duration", "1ms", "--list-inputs", "--rewrite", "seeds,texts", "--aliases", "wavespeed-ai/flux-dev=black-forest/flux",
		"--discounts", "*=90", "--clock-offset=-90s", "--list-total", "right", "--others-per-minute", "0", "--refuse-unknown-fields=false",
		"--access-key", "name=second,key=key-2,uuid=uuid-2", "--catalogue", write(t, `[{"model_id":"wavespeed-ai/flux-dev","base_price":1,"type":"text-to-image"}]`))
	ctx, c := context.Background(), p.client(t, "key-2")
	_, err := c.Submit(ctx, wavespeed.SubmitRequest{Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": " x "}})
	require.NoError(t, err)
	page, err := c.List(ctx, wavespeed.ListOptions{IncludeInputs: true})
	require.NoError(t, err)
	require.Equal(t, new(1), page.Total)
	require.Equal(t, "black-forest/flux", page.Items[0].Model)
	require.JSONEq(t, `{"prompt":"x"}`, string(page.Items[0].Input))
	require.WithinDuration(t, time.Now().Add(-90*time.Second), page.Items[0].CreatedAt, 30*time.Second)
	charges, err := c.Charges(ctx, wavespeed.ChargesOptions{})
	require.NoError(t, err)
	require.Equal(t, "uuid-2", charges.Items[0].Key.UUID)
	require.Equal(t, generation.Dollars(0.9), charges.Items[0].Amount)
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "models.json")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestHelpDocumentsEveryBehavior(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), []string{"--help"}, func(string) string { return "" }, &out, io.Discard))
	for _, setting := range wavespeedtest.Behaviors {
		require.Contains(t, out.String(), "--"+strings.ReplaceAll(setting.Name, "_", "-")+" ")
		require.Contains(t, out.String(), setting.Doc)
	}
}

func TestBadFlagsAreRefusedByName(t *testing.T) {
	t.Parallel()
	for says, args := range map[string][]string{
		`--fault: fault "nonsense"`:        {"--fault", "nonsense"},
		`--tier: "iron"`:                   {"--tier", "iron"},
		`--log-level: "loud"`:              {"--log-level", "loud"},
		`--account: "token" is not one of`: {"--account", "name=a,token=secret-token"},
		`--account: name, key and secret`:  {"--account", "name=a,key=secret-token"},
		`unknown flag: --nonsense`:         {"--nonsense"},
		`"nonsense" is not one of`:         {"--pages", "nonsense"},
		`behavior clock_offset`:            {"--clock-offset", "soon"},
		`Options.Catalogue`:                {"--catalogue", "/no/such/file"},
		`there is no account "b"`:          {"--access-key", "account=b,name=a,key=secret-token"},
		`--access-key: "token" is not`:     {"--access-key", "token=secret-token"},
		`without a name or a key`:          {"--access-key", "key=secret-token"},
		`two access keys named`:            {"--access-key", "name=default,key=secret-token"},
		`unknown command`:                  {"nonsense"},
		`Options.PublicURL`:                {"--public-url", "nonsense"},
		`has the key of another`:           {"--account", "name=a,key=" + wavespeedtest.DefaultKey + ",secret=s"},
		`Options.Speed`:                    {"--speed", "-1"},
	} {
		var out, logs bytes.Buffer
		err := run(context.Background(), append(args, "--listen", "127.0.0.1:0"), func(string) string { return "" }, &out, &logs)
		require.ErrorContains(t, err, says)
		require.NotContains(t, err.Error()+out.String()+logs.String(), "secret-token")
	}
}

func TestATakenPortIsOneClearError(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = taken.Close() })
	err = run(context.Background(), []string{"--listen", taken.Addr().String()}, func(string) string { return "" }, io.Discard, io.Discard)
	require.ErrorContains(t, err, "address already in use")
}

func TestHealthcheckTellsByItsExit(t *testing.T) {
	t.Parallel()
	check := func(listen string) error {
		return run(context.Background(), []string{"healthcheck", "--listen", listen}, func(string) string { return "" }, io.Discard, io.Discard)
	}
	p := begin(t, nil)
	address := strings.TrimPrefix(p.url, "http://")
	require.NoError(t, check(address))
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	require.NoError(t, check(":"+port))
	p.stop(t)
	require.Error(t, check(address))
	require.ErrorContains(t, check("127.0.0.1:0"), "is not a port")
	require.ErrorContains(t, check("nonsense"), "--listen")
}

func TestFaultsAreListed(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), []string{"faults"}, func(string) string { return "" }, &out, io.Discard))
	require.Equal(t, len(wavespeedtest.Kinds()), strings.Count(out.String(), "\n"))
	require.Contains(t, out.String(), "webhook-lost\n")
}
