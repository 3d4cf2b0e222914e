package config

import (
	"context"
	"log/slog"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/limits"
)

// Config holds the settings in effect. [Settings] explains the fields.
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

	// SearchAttributes makes pipeline runs set their search attributes.
	SearchAttributes bool

	// AskAbove is the upper end of an estimate, in USD, above which a person is asked.
	AskAbove generation.USD

	UIURL string
	Cache int

	// ActivitiesPerSecond is 0 if unlimited.
	ActivitiesPerSecond int

	// Deployment is empty if the worker is not versioned.
	Deployment string
	BuildID    string

	ShutdownDelay   time.Duration
	ShutdownTimeout time.Duration
	LogLevel        slog.Level
	LogFormat       string

	// Warnings are about settings that are valid but suspicious.
	Warnings []string

	// Values returns Temporal's settings for display: those that have a value, and its source.
	Values []Value

	accountNames []string
}

// Value is a setting for display.
type Value struct {
	// Name is the setting's environment variable.
	Name string

	// Text is the value in effect, masked if it is secret or was rejected; "" if unset.
	Text string

	// Source is where the value comes from: a flag, a variable, or "default".
	Source string
}

// Account is one WaveSpeed account.
type Account struct {
	APIKey  string
	Secrets []string
	Limits  limits.Limits

	secretFile string // "" if the secrets don't come from a file
}

// SecretFromFile reports whether the account's only secret is in a file, which ReadSecret reads
// again.
func (a Account) SecretFromFile() bool { return a.secretFile != "" && len(a.Secrets) == 1 }

// ReadSecret reads the first secret in the file, so it can be replaced while the program runs.
func (a Account) ReadSecret(context.Context) (string, error) {
	content, _, err := readFile(a.secretFile)
	if err != nil {
		return "", err
	}
	return list(content)[0], nil
}
