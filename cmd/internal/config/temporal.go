package config

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/log"
	"google.golang.org/grpc"
)

// Temporal holds the flags that override envconfig.
type Temporal struct {
	Address   string
	Namespace string
	Profile   string
}

// ClientOptions returns the options for Temporal's client, from flags and an environment in the
// form of os.Environ.
func (t Temporal) ClientOptions(environ []string, logger *slog.Logger) (client.Options, error) {
	profile, err := envconfig.LoadClientConfigProfile(envconfig.LoadClientConfigProfileOptions{
		ConfigFileProfile: t.Profile, EnvLookup: environment(environ),
	})
	if err != nil {
		return client.Options{}, fmt.Errorf("TEMPORAL_*: %w", err)
	}
	options, err := profile.ToClientOptions(envconfig.ToClientOptionsRequest{})
	if err != nil {
		return client.Options{}, fmt.Errorf("TEMPORAL_*: %w", err)
	}
	if t.Address != "" {
		options.HostPort = t.Address
	}
	if t.Namespace != "" {
		options.Namespace = t.Namespace
	}
	if options.HostPort == "" {
		options.HostPort = client.DefaultHostPort
	}
	if options.Namespace == "" {
		options.Namespace = client.DefaultNamespace
	}
	if strings.HasPrefix(options.HostPort, "http:") || strings.HasPrefix(options.HostPort, "https:") {
		return client.Options{}, errors.New("TEMPORAL_ADDRESS: must be a host and port, such as 127.0.0.1:7233, not a URL")
	}
	if profile.Codec != nil {
		encode(&options, profile.Codec)
	}
	options.Logger = log.NewStructuredLogger(logger)
	options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions,
		// In a network without Internet access, gRPC's lookup of a TXT record hangs.
		grpc.WithDisableServiceConfig(),
	)
	return options, nil
}

// environment makes envconfig read the environment that Load reads.
type environment []string

func (e environment) Environ() []string { return e }

func (e environment) LookupEnv(name string) (value string, ok bool) {
	for _, pair := range e {
		if n, v, _ := strings.Cut(pair, "="); n == name {
			value, ok = v, true
		}
	}
	return value, ok
}
