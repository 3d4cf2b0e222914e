package session

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os/user"

	"github.com/spf13/pflag"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/config"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/daemon"
)

// Streams are what a program has of the outside.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// Program is the program as it was started: its streams, environment and flags.
type Program struct {
	Streams
	Environ  []string
	flags    *pflag.FlagSet
	Temporal config.Temporal
}

// AddFlags adds the flags that every command takes: where Temporal is, and each setting.
func (p *Program) AddFlags(flags *pflag.FlagSet) {
	p.flags = flags
	flags.SortFlags = false
	flags.StringVar(&p.Temporal.Address, "address", "", "host and port of the Temporal server (TEMPORAL_ADDRESS)")
	flags.StringVarP(&p.Temporal.Namespace, "namespace", "n", "", "Temporal namespace (TEMPORAL_NAMESPACE)")
	flags.StringVar(&p.Temporal.Profile, "profile", "", "profile in Temporal's configuration file (TEMPORAL_PROFILE)")
	for _, setting := range config.Settings {
		help := setting.Help + " (" + setting.Env + ")"
		if setting.Default != "" {
			help += fmt.Sprintf(" (default %q)", setting.Default)
		}
		flag := flags.VarPF(new(settingFlag{kind: setting.Type}), setting.Flag, "", help)
		if setting.Type == config.Bool {
			flag.NoOptDefVal = "true"
		}
	}
}

// settingFlag stores the flag's text; package config parses and checks it.
type settingFlag struct{ kind, text string }

func (f *settingFlag) String() string { return f.text }

func (f *settingFlag) Set(t string) error { f.text = t; return nil }

func (f *settingFlag) Type() string { return f.kind }

// Given are the settings that were given as flags.
func (p *Program) Given() map[string]string {
	given := make(map[string]string)
	for _, setting := range config.Settings {
		if flag := p.flags.Lookup(setting.Flag); flag.Changed {
			given[setting.Flag] = flag.Value.String()
		}
	}
	return given
}

// Load reads the configuration and logs its warnings.
func (p *Program) Load(need config.Need) (config.Config, *slog.Logger, error) {
	c, err := config.Load(p.Given(), p.Environ, need)
	if err != nil {
		return c, nil, exit.With(exit.Usage, fmt.Errorf("configuration:\n%w", err))
	}
	logger := daemon.NewLogger(c, p.Err, screen.IsTerminal(p.Err))
	for _, warning := range c.Warnings {
		logger.Warn("configuration", "warning", warning)
	}
	return c, logger, nil
}

// UserName is who runs the program; "" if that cannot be known.
func UserName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

// PrintJSON prints a value as indented JSON.
func (p *Program) PrintJSON(value any) error {
	encoder := json.NewEncoder(p.Out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return exit.With(exit.Failure, encoder.Encode(value))
}
