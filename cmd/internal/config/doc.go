// Package config reads the settings of the program wavespeed-temporal.
//
// Each setting is described once, in [Settings]: its environment variable, its flag,
// its default and what it means. Flags, help, checks, the masked listing and
// docs/configuration.md all come from there.
//
// A flag goes before the variable X, and this before the default. In place of X there
// may be X_FILE, which names a file that holds the value. What is empty is not set. All
// that is wrong is reported at once, by name, and secrets are never repeated.
//
// WAVESPEED_API_KEY and WAVESPEED_WEBHOOK_SECRET are those of the account "default".
// WAVESPEED_ACCOUNTS names others; those of the account team-a are in
// WAVESPEED_API_KEY_TEAM_A and WAVESPEED_WEBHOOK_SECRET_TEAM_A, or in files.
//
// Temporal's own settings are read by the SDK's envconfig, as the temporal command
// reads them: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_…,
// and profiles from a file.
package config
