package config

import (
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Settings are all settings, in the order in which they are shown.
var Settings = []Setting{
	{
		Env: "WAVESPEED_API_KEY", Flag: "api-key", Type: "key", Secret: true, Generate: true,
		Help:       `API key of the account "default"`,
		setAccount: func(a *Account, v given) error { a.APIKey = v.text; return checkKey(v.text) },
	}, {
		Env: "WAVESPEED_WEBHOOK_SECRET", Flag: "webhook-secret", Type: "list", Secret: true,
		Help: "webhook secrets of that account, newest first; fetched with the API key if unset",
		setAccount: func(a *Account, v given) error {
			a.Secrets, a.secretFile = list(v.text), v.path
			return checkSecrets(a.Secrets)
		},
	}, {
		Env: "WAVESPEED_ACCOUNTS", Flag: "accounts", Type: "list", Generate: true,
		Help: "names of more accounts; the API key, secrets and limits of team-a, for example, are in WAVESPEED_API_KEY_TEAM_A, WAVESPEED_WEBHOOK_SECRET_TEAM_A and WAVESPEED_LIMITS_TEAM_A",
		set:  into(func(c *Config) *[]string { return &c.accountNames }, accountNames),
	}, {
		Env: "WAVESPEED_ALLOW_HTTP", Flag: "allow-http", Type: Bool, Default: "false", Generate: true,
		Help: "allow plain http to other machines, for example between containers",
		set:  into(func(c *Config) *bool { return &c.AllowHTTP }, boolean),
	}, {
		Env: "WAVESPEED_BASE_URL", Flag: "base-url", Type: "url", Generate: true,
		Help: "address of the WaveSpeed API, if it is not WaveSpeedAI's own",
		set:  func(c *Config, v string) error { c.BaseURL = v; return checkBaseURL(v, c.AllowHTTP) },
	}, {
		Env: "WAVESPEED_PRICES", Flag: "prices", Type: Bool, Default: "true",
		Help: "ask for the price before each submit, to show it",
		set:  into(func(c *Config) *bool { return &c.Prices }, boolean),
	}, {
		Env: "WAVESPEED_EXCLUSIVE_KEYS", Flag: "exclusive-keys", Type: Bool, Default: "false",
		Help: "only this Temporal namespace uses each API key, so charges can identify lost submits",
		set:  into(func(c *Config) *bool { return &c.ExclusiveKeys }, boolean),
	}, {
		Env: "WAVESPEED_LIMITS", Flag: "limits", Type: "limits",
		Help: `limits of the account "default", within which submits wait for a slot: bronze, silver, gold, ultra, auto, or numbers such as running=2,per-minute=10,images=5,videos=2; no limits if unset`,
		setAccount: func(a *Account, v given) (err error) {
			a.Limits, err = readLimits(v.text)
			return err
		},
	}, {
		Env: "WEBHOOK_PUBLIC_URL", Flag: "webhook-public-url", Type: "url",
		Help: "https URL where WaveSpeed reaches the handler; results are polled if unset",
		set:  func(c *Config, v string) error { c.PublicURL = v; return checkPublicURL(v, c.AllowHTTP) },
	}, {
		Env: "WEBHOOK_LISTEN", Flag: "webhook-listen", Type: "address", Default: ":8080",
		Help: "address to listen on for webhooks (nothing else is served there)",
		set:  into(func(c *Config) *string { return &c.WebhookListen }, listenAddress),
	}, {
		Env: "ADMIN_LISTEN", Flag: "admin-listen", Type: "address", Default: "127.0.0.1:9090",
		Help: "address to listen on for health, readiness and metrics",
		set:  into(func(c *Config) *string { return &c.AdminListen }, listenAddress),
	}, {
		Env: "TEMPORAL_TASK_QUEUE", Flag: "task-queue", Type: "name", Default: "wavespeed", Generate: true,
		Help: "task queue of the worker and of generate",
		set:  into(func(c *Config) *string { return &c.TaskQueue }, text),
	}, {
		Env: "PIPELINE_SEARCH_ATTRIBUTES", Flag: "pipeline-search-attributes", Type: Bool, Default: "false", Generate: true,
		Help: "pipeline runs set search attributes, and setup creates them; if the namespace lacks them, such runs hang",
		set:  into(func(c *Config) *bool { return &c.SearchAttributes }, boolean),
	}, {
		Env: "PIPELINE_ASK_ABOVE", Flag: "pipeline-ask-above", Type: "usd", Default: "1", Generate: true,
		Help: "on a terminal, ask before a run whose estimate may exceed this many US dollars",
		set:  into(func(c *Config) *generation.USD { return &c.AskAbove }, dollars),
	}, {
		Env: "TEMPORAL_UI_URL", Flag: "ui-url", Type: "url", Generate: true,
		Help: "address of the Temporal UI, for links to runs",
		set:  into(func(c *Config) *string { return &c.UIURL }, webURL),
	}, {
		Env: "WORKER_CACHE", Flag: "worker-cache", Type: "number", Default: "100",
		Help: "workflows that the worker keeps in memory; others are replayed when they continue",
		set:  into(func(c *Config) *int { return &c.Cache }, number),
	}, {
		Env: "WORKER_ACTIVITIES_PER_SECOND", Flag: "worker-activities-per-second", Type: "number", Default: "0",
		Help: "limit for submits, searches and polls of all workers on the task queue together, enforced by Temporal; 0 means none",
		set:  into(func(c *Config) *int { return &c.ActivitiesPerSecond }, number),
	}, {
		Env: "WORKER_DEPLOYMENT", Flag: "worker-deployment", Type: "name",
		Help: "name of the worker deployment, for Temporal's worker versioning; not versioned if unset",
		set:  into(func(c *Config) *string { return &c.Deployment }, text),
	}, {
		Env: "WORKER_BUILD_ID", Flag: "worker-build-id", Type: "name",
		Help: "version of this worker in its deployment; the version of the program if unset",
		set:  into(func(c *Config) *string { return &c.BuildID }, text),
	}, {
		Env: "SHUTDOWN_DELAY", Flag: "shutdown-delay", Type: "duration", Default: "0s",
		Help: "at shutdown, the time between becoming unready and closing the listener, so that load balancers notice",
		set:  into(func(c *Config) *time.Duration { return &c.ShutdownDelay }, duration),
	}, {
		Env: "SHUTDOWN_TIMEOUT", Flag: "shutdown-timeout", Type: "duration", Default: "70s",
		Help: "at shutdown, the time for running work to finish; a submit may take a minute",
		set:  into(func(c *Config) *time.Duration { return &c.ShutdownTimeout }, duration),
	}, {
		Env: "LOG_LEVEL", Flag: "log-level", Type: "level", Default: "info",
		Help: "debug, info, warn or error",
		set:  logLevel,
	}, {
		Env: "LOG_FORMAT", Flag: "log-format", Type: "format", Default: "auto",
		Help: "json, text, or auto (text on a terminal, JSON elsewhere)",
		set:  into(func(c *Config) *string { return &c.LogFormat }, oneOf("auto", "json", "text")),
	},
}

func logLevel(c *Config, v string) error {
	if _, err := oneOf("debug", "info", "warn", "error")(v); err != nil {
		return err
	}
	return c.LogLevel.UnmarshalText([]byte(v))
}
