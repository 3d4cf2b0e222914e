package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime/debug"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/config"
)

const healthTimeout = 2500 * time.Millisecond

// healthcheck asks the daemon on this machine, as a container's health check does.
func (p *program) healthcheck() *cobra.Command {
	return &cobra.Command{
		Use: "healthcheck", Short: "Ask a running daemon's admin listener whether it is ready", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, _, err := p.load(config.Need{})
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), healthTimeout)
			defer cancel()
			return failure(exitFailure, askReady(ctx, c.AdminListen, p.Out))
		},
	}
}

func askReady(ctx context.Context, listen string, out io.Writer) error {
	host, port, _ := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("no daemon answers on %s (ADMIN_LISTEN): %w", listen, err)
	}
	defer response.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s", answer)
	}
	_, err = out.Write(answer)
	return err
}

// config shows what is in force.
func (p *program) config() *cobra.Command {
	return &cobra.Command{
		Use: "config", Short: "Print the settings in force, secrets masked", Args: cobra.NoArgs,
		Long: `Print the settings in force and where each comes from: a flag, an environment variable, a
file, or the default. Temporal's settings are last. Secrets are masked.`,
		RunE: func(*cobra.Command, []string) error {
			c, err := config.Load(p.flags(), p.environ, config.Need{})
			temporal, temporalErr := p.temporal.Values(p.environ)
			err = errors.Join(err, temporalErr)
			table := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "SETTING\tVALUE\tFROM")
			for _, value := range append(c.Values, temporal...) {
				fmt.Fprintf(table, "%s\t%s\t%s\n", value.Name, cell(value.Text), value.Source)
			}
			if err := table.Flush(); err != nil {
				return failure(exitFailure, err)
			}
			for _, warning := range c.Warnings {
				fmt.Fprintln(p.Err, "warning:", warning)
			}
			if err != nil {
				return failure(exitUsage, fmt.Errorf("configuration:\n%w", err))
			}
			return nil
		},
	}
}

func (p *program) version() *cobra.Command {
	var sbom bool
	cmd := &cobra.Command{
		Use: "version", Short: "Print the version and what it was built from", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			info, ok := debug.ReadBuildInfo()
			if !ok {
				return failure(exitFailure, errors.New("this program does not know what it was built from"))
			}
			if sbom {
				return failure(exitFailure, writeSBOM(p.Out, info))
			}
			fmt.Fprintf(p.Out, "wavespeed-temporal %s\n%s\n", info.Main.Version, info.GoVersion)
			for _, setting := range info.Settings {
				if setting.Key == "vcs.revision" || setting.Key == "vcs.time" || setting.Key == "vcs.modified" {
					fmt.Fprintf(p.Out, "%s %s\n", setting.Key, setting.Value)
				}
			}
			for _, dependency := range info.Deps {
				if dependency.Path == "go.temporal.io/sdk" {
					fmt.Fprintf(p.Out, "%s %s\n", dependency.Path, dependency.Version)
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&sbom, "sbom", false, "print all modules as a CycloneDX bill of materials")
	return cmd
}
