package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	uiversion "github.com/temporalio/ui-server/v2/server/version"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/headers"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/temporal"
	"go.uber.org/zap/zapcore"
)

// serve runs the server until the context ends.
func serve(ctx context.Context, opts options, stdout, stderr io.Writer) error {
	begin := time.Now()
	var held ports
	defer held.release()
	sql := databaseConfig(opts)
	conf, err := serverConfig(opts, sql, &held)
	if err != nil {
		return err
	}
	if err := prepareDatabase(sql, opts); err != nil {
		return err
	}
	if opts.logConfig {
		fmt.Fprintln(stderr, conf)
	}
	logger, threshold := newLogger(opts.logLevel, opts.logFormat, stderr)

	held.release()
	server, err := newServer(conf, opts, logger)
	if err != nil {
		return fmt.Errorf("cannot set up the server: %w", err)
	}
	if err := server.Start(); err != nil {
		return fmt.Errorf("cannot start the server: %w", err)
	}

	frontend := conf.PublicClient.HostPort
	err = awaitFrontend(ctx, frontend, opts.namespaces)
	if err == nil && !opts.headless {
		// The UI starts last: it backs off for a while from a frontend that
		// doesn't answer at once.
		ui := newUI(opts, frontend)
		defer ui.Stop()
		go func() { _ = ui.Start() }() // ends the process when it cannot listen
		err = awaitUI(ctx, uiURL(opts))
	}
	if err == nil {
		announce(stdout, opts, time.Since(begin))
		<-ctx.Done()
		fmt.Fprintln(stdout, "Stopping the Temporal dev server.")
	}
	if ctx.Err() != nil {
		err = nil // stopping it before it is ready is a clean stop too
	}
	threshold.SetLevel(zapcore.InvalidLevel) // interrupted requests are expected now
	return errors.Join(err, stop(server, sql, opts))
}

func stop(server temporal.Server, sql *config.SQL, opts options) error {
	if err := server.Stop(); err != nil {
		return fmt.Errorf("cannot stop cleanly: %w", err)
	}
	if opts.dbFilename == "" {
		return nil
	}
	if err := checkpoint(sql); err != nil {
		return fileError(opts.dbFilename, err)
	}
	return nil
}

func newServer(conf *config.Config, opts options, logger log.Logger) (temporal.Server, error) {
	return temporal.NewServer(
		temporal.WithConfig(conf),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(staticHosts(conf)),
		temporal.WithDynamicConfigClient(dynamicConfig(opts.dynamicConfig)),
		temporal.WithLogger(logger),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper {
			return authorization.NewNoopClaimMapper()
		}),
	)
}

// announce prints where the server is, once everything serves. Callers may wait for it.
func announce(stdout io.Writer, opts options, took time.Duration) {
	fmt.Fprintf(stdout, "%s, ready after %.1f s\n", versions(), took.Seconds())
	fmt.Fprintf(stdout, "Server:   %s\n", address(opts.ip, opts.port))
	if !opts.headless {
		fmt.Fprintf(stdout, "UI:       %s\n", uiURL(opts))
	}
	if opts.metricsPort != 0 {
		fmt.Fprintf(stdout, "Metrics:  http://%s/metrics\n", address(reachable(opts.ip), opts.metricsPort))
	}
	if opts.dbFilename == "" {
		fmt.Fprintln(stdout, "Database: in memory")
	} else {
		fmt.Fprintf(stdout, "Database: %s\n", opts.dbFilename)
	}
}

func versions() string {
	return fmt.Sprintf("Temporal dev server (Server %s, UI %s)", headers.ServerVersion, uiversion.UIVersion)
}
