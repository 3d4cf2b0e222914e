package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/testsuite"
	sdkworker "go.temporal.io/sdk/worker"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
	"github.com/wavespeed-temporal/wavespeed-temporal/worker"
)

const (
	taskQueue     = "wavespeed"
	webhookPort   = 8080
	simulatorPort = 8585
	webhookPath   = "/webhooks/wavespeed"

	// simulatorSpeed makes a two-minute video take two seconds.
	simulatorSpeed = 40
)

// stack is everything that runs. Its parts are stopped in reverse order.
type stack struct {
	temporal *testsuite.DevServer
	client   client.Client
	ui       string
	apiKey   string
	apiURL   string
	state    string // a directory; "" to keep nothing
	stops    []func()
}

// database is the file in the state directory that holds Temporal's data.
const database = "temporal.db"

func start(ctx context.Context, out io.Writer, state string) (_ *stack, err error) {
	s := &stack{state: state}
	defer func() {
		if err != nil {
			s.stop()
		}
	}()
	if state != "" {
		if err = os.MkdirAll(state, 0o750); err != nil {
			return nil, err
		}
	}
	if s.temporal, s.ui, err = startTemporal(ctx, out, s.path(database)); err != nil {
		return nil, err
	}
	s.stops = append(s.stops, func() { _ = s.temporal.Stop() })
	s.client = s.temporal.Client()
	options, err := s.startProvider(out)
	if err != nil {
		return nil, err
	}
	plugin, err := worker.NewPlugin(options)
	if err != nil {
		return nil, err
	}
	if options.WebhookURL != "" {
		if err := s.startHandler(plugin, options.WebhookURL); err != nil {
			return nil, err
		}
	}
	w := sdkworker.New(s.client, taskQueue, sdkworker.Options{
		Plugins:           []sdkworker.Plugin{plugin},
		WorkerStopTimeout: 10 * time.Second,
	})
	if err := w.Start(); err != nil {
		return nil, fmt.Errorf("start the worker: %w", err)
	}
	s.stops = append(s.stops, w.Stop)
	return s, nil
}

// path returns the path of a state file; "" if nothing is kept.
func (s *stack) path(name string) string {
	if s.state == "" {
		return ""
	}
	return filepath.Join(s.state, name)
}

// startProvider chooses WaveSpeedAI or the simulator, and prints the choice.
func (s *stack) startProvider(out io.Writer) (worker.Options, error) {
	options := worker.Options{
		Prices: true, APIKey: os.Getenv("WAVESPEED_API_KEY"), WebhookURL: os.Getenv("WEBHOOK_PUBLIC_URL"), Logger: quiet,
	}
	if options.APIKey == "" {
		port, err := s.simulatorPort()
		if err != nil {
			return options, err
		}
		simulator, err := wavespeedtest.New(wavespeedtest.Options{
			Speed: simulatorSpeed, State: s.path("simulator"), Listen: net.JoinHostPort(listenHost, strconv.Itoa(port)),
		})
		if err != nil {
			return options, fmt.Errorf("start the simulator: %w", err)
		}
		s.stops = append(s.stops, func() { _ = simulator.Close() })
		options.APIKey, options.BaseURL = wavespeedtest.DefaultKey, simulator.URL()
		options.WebhookURL = fmt.Sprintf("http://%s:%d%s", listenHost, free(webhookPort), webhookPath)
		fmt.Fprintln(out, "Generating with the simulator, at no cost. Set WAVESPEED_API_KEY for the real thing.")
	} else {
		fmt.Fprintln(out, "Generating with WaveSpeedAI itself: this costs money.")
	}
	s.apiKey, s.apiURL = options.APIKey, options.BaseURL
	if options.WebhookURL == "" {
		fmt.Fprintln(out, "Polling, because WEBHOOK_PUBLIC_URL is not set.")
	}
	return options, nil
}

// simulatorPort is the simulator's previous port, because results contain it.
func (s *stack) simulatorPort() (int, error) {
	port := free(simulatorPort)
	file := s.path("simulator.port")
	if file == "" {
		return port, nil
	}
	if text, err := os.ReadFile(file); err == nil { // #nosec G304 -- a file of our own state
		return strconv.Atoi(strings.TrimSpace(string(text)))
	}
	return port, os.WriteFile(file, []byte(strconv.Itoa(port)), 0o600)
}

func (s *stack) startHandler(plugin *worker.Plugin, public string) error {
	mux := http.NewServeMux()
	mux.Handle(webhookPath+"/", plugin.Handler(s.client))
	listener, err := net.Listen("tcp", listenAddress(public))
	if err != nil {
		return fmt.Errorf("listen for webhooks: %w", err)
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintln(os.Stderr, "dev: webhooks:", err)
		}
	}()
	s.stops = append(s.stops, func() { _ = server.Close() })
	return nil
}

func (s *stack) stop() {
	for i := len(s.stops) - 1; i >= 0; i-- {
		s.stops[i]()
	}
}
