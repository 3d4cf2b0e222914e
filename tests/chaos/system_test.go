package chaos

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

const (
	taskQueue = "chaos"
	workers   = 3
	handlers  = 3
)

// skews are how far the clocks of more workers are ahead, in this process.
var skews = []time.Duration{9 * time.Minute, -9 * time.Minute}

// system is Temporal on a file, workers, handler replicas behind a balancer, and the
// provider. Every connection between them goes through a proxy that can be poisoned.
type system struct {
	t         *testing.T
	temporal  *stack.Temporal
	client    client.Client
	simulator *wavespeedtest.Server
	workers   []*stack.Process
	handlers  []*stack.Process
	proxies   map[string]*toxiproxy.Proxy
}

// start starts them all, with workers that let so many predictions run at once; 0 is no limit.
func start(t *testing.T, provider wavespeedtest.Options, limit int) *system {
	t.Helper()
	s := &system{t: t, temporal: stack.StartTemporal(t), proxies: map[string]*toxiproxy.Proxy{}}
	s.client = s.temporal.Client(t)
	var err error
	s.simulator, err = wavespeedtest.New(provider)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.simulator.Close() })

	ports := stack.FreePorts(t, 1+2*handlers+workers)
	take := func() string {
		address := "127.0.0.1:" + ports[0]
		ports = ports[1:]
		return address
	}
	var replicas []string
	for range handlers {
		replicas = append(replicas, take())
	}
	balancer := balance(t, replicas)
	temporal := s.proxy("temporal", s.temporal.Address)
	apiURL := "http://" + s.proxy("provider", s.simulator.URL()[len("http://"):])
	webhooks := "http://" + s.proxy("webhooks", balancer) + "/webhooks/wavespeed"
	env := []string{
		"TEMPORAL_TASK_QUEUE=" + taskQueue,
		"WAVESPEED_BASE_URL=" + apiURL,
		"WAVESPEED_API_KEY=" + wavespeedtest.DefaultKey,
		"WAVESPEED_WEBHOOK_SECRET=" + wavespeedtest.DefaultSecret,
		"WAVESPEED_PRICES=false",
		"WEBHOOK_PUBLIC_URL=" + webhooks,
		"LOG_LEVEL=error",
	}
	if limit > 0 {
		env = append(env, fmt.Sprint("WAVESPEED_LIMITS=running=", limit))
	}
	program := stack.BuildPlain(t, "./cmd/wavespeed-temporal")
	with := func(more ...string) []string { return append(append([]string{}, env...), more...) }
	for _, replica := range replicas {
		admin := take()
		s.handlers = append(s.handlers, stack.StartProcess(t, program, []string{"webhook"}, with("TEMPORAL_ADDRESS="+temporal, "WEBHOOK_LISTEN="+replica, "ADMIN_LISTEN="+admin)))
		awaitReady(t, admin)
	}
	for i := range workers {
		admin := take()
		own := s.proxy(wireOf(i), temporal) // to be cut off alone
		s.workers = append(s.workers, stack.StartProcess(t, program, []string{"worker"}, with("TEMPORAL_ADDRESS="+own, "ADMIN_LISTEN="+admin)))
		awaitReady(t, admin)
	}
	for _, ahead := range skews {
		s.startSkewed(ahead, limit, temporal, apiURL, webhooks)
	}
	return s
}

// wireOf names the proxy between a worker and Temporal.
func wireOf(worker int) string { return fmt.Sprintf("worker %d", worker) }

func awaitReady(t *testing.T, admin string) {
	t.Helper()
	stack.Eventually(t, "the daemon is not ready", func() bool {
		response, err := http.Get("http://" + admin + "/readyz")
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
}

// proxy puts a proxy in front of an address.
func (s *system) proxy(name, upstream string) string {
	s.t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	proxy := toxiproxy.NewProxy(server, name, "127.0.0.1:0", upstream)
	require.NoError(s.t, proxy.Start())
	s.t.Cleanup(proxy.Stop)
	s.proxies[name] = proxy
	return proxy.Listen
}

// balance hands connections to the replicas in turn, past those that do not answer.
func balance(t *testing.T, replicas []string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	var turn atomic.Int64
	go func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer in.Close()
				for range replicas {
					out, err := net.Dial("tcp", replicas[int(turn.Add(1))%len(replicas)])
					if err != nil {
						continue
					}
					go func() { _, _ = io.Copy(out, in); out.Close() }()
					_, _ = io.Copy(in, out)
					return
				}
			}()
		}
	}()
	return listener.Addr().String()
}
