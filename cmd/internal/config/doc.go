// Package config reads the settings of the program wavespeed-temporal.
//
// Each setting is described once, in [Settings]: its environment variable, its flag,
// its default and what it means. Flags, help, checks, the masked listing and
// docs/configuration.md all come from there.
//
// A flag takes precedence over the variable X, which takes precedence over the default. Instead
// of X you may set X_FILE to the name of a file that holds the value. An empty value counts as
// unset. All problems are reported together, by name, and secrets are never repeated.
//
// WAVESPEED_API_KEY, WAVESPEED_WEBHOOK_SECRET and WAVESPEED_LIMITS belong to the account "default".
// WAVESPEED_ACCOUNTS names more accounts. For example, the account team-a uses
// WAVESPEED_API_KEY_TEAM_A, WAVESPEED_WEBHOOK_SECRET_TEAM_A and WAVESPEED_LIMITS_TEAM_A, or files.
//
// The SDK's envconfig reads Temporal's own settings, as for the temporal command:
// TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_…, and profiles from a
// file.
package config
