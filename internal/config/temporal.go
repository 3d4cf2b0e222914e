package config

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc"

	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/signaler"
)

// Temporal are the flags that override what envconfig reads.
type Temporal struct {
	Address   string
	Namespace string
	Profile   string
}

// ClientOptions are those for Temporal, out of the environment as os.Environ gives it.
func (t Temporal) ClientOptions(environ []string, logger *slog.Logger) (client.Options, error) {
	options, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{
		ConfigFileProfile: t.Profile, EnvLookup: environment(environ),
		// A program has no other way to the user's codec.
		IncludeRemoteCodec: true,
	})
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
		return client.Options{}, errors.New("TEMPORAL_ADDRESS: is a host and a port, such as 127.0.0.1:7233, and no URL")
	}
	if options.DataConverter != nil {
		// Without it, errors and their details would be in histories in clear.
		options.FailureConverter = temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
			DataConverter: options.DataConverter, EncodeCommonAttributes: true,
		})
	}
	options.Logger = log.NewStructuredLogger(logger)
	options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions,
		signaler.DialOption(),
		// In a network without a way out, gRPC's look-up of a TXT record never ends.
		grpc.WithDisableServiceConfig(),
	)
	return options, nil
}

// environment lets envconfig read what Load reads.
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
