package setup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/config"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/loopback"
)

const healthTimeout = 2500 * time.Millisecond

// Healthcheck queries the daemon on this machine, for a container's health check.
func Healthcheck(p *session.Program) *cobra.Command {
	return &cobra.Command{
		Use: "healthcheck", Short: "Ask a running daemon's admin listener whether it is ready", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := p.Open()
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), healthTimeout)
			defer cancel()
			return exit.With(exit.Failure, askReady(ctx, s.Config.AdminListen, p.Out))
		},
	}
}

func askReady(ctx context.Context, listen string, out io.Writer) error {
	address, err := loopback.Dial(listen)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
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

// Config shows the settings in effect.
func Config(p *session.Program) *cobra.Command {
	return &cobra.Command{
		Use: "config", Short: "Print the settings in effect, secrets masked", Args: cobra.NoArgs,
		Long: `Print the settings in effect and where each comes from: a flag, an environment variable, a
file, or the default. Temporal's settings are last. Secrets are masked.`,
		RunE: func(*cobra.Command, []string) error {
			c, err := config.Load(p.Given(), p.Environ, config.Need{})
			temporal, temporalErr := p.Temporal.Values(p.Environ)
			err = errors.Join(err, temporalErr)
			table := screen.NewTable(p.Out)
			fmt.Fprintln(table, "SETTING\tVALUE\tFROM")
			for _, value := range append(c.Values, temporal...) {
				fmt.Fprintf(table, "%s\t%s\t%s\n", value.Name, screen.Cell(value.Text), value.Source)
			}
			if err := table.Flush(); err != nil {
				return exit.With(exit.Failure, err)
			}
			for _, warning := range c.Warnings {
				fmt.Fprintln(p.Err, "warning:", warning)
			}
			if err != nil {
				return exit.With(exit.Usage, fmt.Errorf("configuration:\n%w", err))
			}
			return nil
		},
	}
}

// Version is version: what the program was built from.
func Version(p *session.Program) *cobra.Command {
	var sbom bool
	cmd := &cobra.Command{
		Use: "version", Short: "Print the version and what it was built from", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			info, ok := debug.ReadBuildInfo()
			if !ok {
				return exit.With(exit.Failure, errors.New("this program has no build information"))
			}
			if sbom {
				return exit.With(exit.Failure, writeSBOM(p.Out, info))
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
