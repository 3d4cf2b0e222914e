package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

const (
	defaultListen   = "127.0.0.1:8585"
	defaultDuration = 2 * time.Second
	stopTimeout     = 5 * time.Second
)

// run runs the program. Flags take precedence over the environment, which takes precedence over
// defaults.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	var s settings
	command := &cobra.Command{
		Use:           "wavespeed-simulator",
		Short:         "WaveSpeedAI on this machine, for tests and demonstrations",
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(command *cobra.Command, _ []string) error {
			options, err := s.options(getenv, stderr)
			if err != nil {
				return err
			}
			return serve(command.Context(), options, stdout)
		},
	}
	s.flags(command.Flags())
	command.PersistentFlags().StringVar(&s.listen, "listen", defaultListen, "address to serve on")
	command.AddCommand(healthcheck(&s), listFaults())
	command.SetArgs(args)
	command.SetOut(stdout)
	command.SetErr(stderr)
	return command.ExecuteContext(ctx)
}

// serve runs the provider until ctx ends, then answers requests in flight.
func serve(ctx context.Context, options wavespeedtest.Options, stdout io.Writer) error {
	server, err := wavespeedtest.New(options)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "WaveSpeedAI is simulated at %[1]s: API %[1]s/api/v3, control %[1]s/simulator/, outputs %[1]s/\n", server.URL())
	<-ctx.Done()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	return server.Shutdown(stop)
}

// healthcheck is for containers that have no other program.
func healthcheck(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "healthcheck",
		Short: "Exit with 0 if a simulator answers at --listen",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			address, err := dialable(s.listen)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(command.Context(), 3*time.Second)
			defer cancel()
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/simulator/", nil)
			if err != nil {
				return err
			}
			response, err := http.DefaultTransport.RoundTrip(request)
			if err != nil {
				return err
			}
			defer response.Body.Close()
			if response.StatusCode != http.StatusOK {
				return fmt.Errorf("the server at %s is not a simulator: %s", address, response.Status)
			}
			return nil
		},
	}
}

func listFaults() *cobra.Command {
	return &cobra.Command{
		Use:   "faults",
		Short: "List the kinds of faults",
		Args:  cobra.NoArgs,
		Run: func(command *cobra.Command, _ []string) {
			for _, kind := range wavespeedtest.Kinds() {
				fmt.Fprintln(command.OutOrStdout(), kind)
			}
		},
	}
}

func logger(level string, to io.Writer) (*slog.Logger, error) {
	var threshold slog.Level
	if err := threshold.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("--log-level: %q is not one of debug, info, warn and error", level)
	}
	return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: threshold})), nil
}
