package config

import (
	"context"
	"log/slog"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Config is what is in force. [Settings] say what the fields mean.
type Config struct {
	// Accounts are the WaveSpeed accounts by name.
	Accounts map[string]Account

	BaseURL       string
	AllowHTTP     bool
	Prices        bool
	ExclusiveKeys bool
	PublicURL     string
	WebhookListen string
	AdminListen   string
	TaskQueue     string

	// SearchAttributes has runs of pipelines set theirs.
	SearchAttributes bool

	// AskAbove is from what upper end of a run's estimate on a person is asked, in USD.
	AskAbove generation.USD

	UIURL string
	Cache int

	// ActivitiesPerSecond is 0 when they are not bounded.
	ActivitiesPerSecond int

	// Deployment is empty when the worker is not versioned.
	Deployment string
	BuildID    string

	ShutdownDelay   time.Duration
	ShutdownTimeout time.Duration
	LogLevel        slog.Level
	LogFormat       string

	// Warnings are what is not wrong, but should be looked at.
	Warnings []string

	// Values are all settings as they may be shown, those of accounts included.
	Values []Value

	accountNames []string
}

// Value is a setting as it may be shown.
type Value struct {
	// Name is the setting's environment variable.
	Name string

	// Text is what is in force, with a mask for what is secret or was refused; "" when
	// nothing is.
	Text string

	// Source is where it comes from: a flag, a variable, or "default".
	Source string
}

// Account is one WaveSpeed account.
type Account struct {
	APIKey  string
	Secrets []string

	secretFile string // "" when the secrets were given otherwise
}

// SecretFromFile tells whether the account's one secret is in a file, to be read
// again by ReadSecret.
func (a Account) SecretFromFile() bool { return a.secretFile != "" && len(a.Secrets) == 1 }

// ReadSecret reads the first secret that the file holds now, so that it may be replaced
// while the program runs.
func (a Account) ReadSecret(context.Context) (string, error) {
	content, _, err := readFile(a.secretFile)
	if err != nil {
		return "", err
	}
	return list(content)[0], nil
}
