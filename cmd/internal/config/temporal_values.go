package config

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
)

// Values returns Temporal's settings for display: those that have a value, and its source.
func (t Temporal) Values(environ []string) ([]Value, error) {
	env := environment(environ)
	profile, err := envconfig.LoadClientConfigProfile(envconfig.LoadClientConfigProfileOptions{ConfigFileProfile: t.Profile, EnvLookup: env})
	if err != nil {
		return nil, fmt.Errorf("TEMPORAL_*: %w", err)
	}
	tls, codec := profile.TLS, profile.Codec
	if tls == nil {
		tls = new(envconfig.ClientConfigTLS)
	}
	if codec == nil {
		codec = new(envconfig.ClientConfigCodec)
	}
	name, _ := env.LookupEnv("TEMPORAL_PROFILE")
	from := t.fileSource(env)
	all := []Value{
		shown(env, from, "TEMPORAL_PROFILE", name, "profile", t.Profile, "default"),
		shown(env, from, "TEMPORAL_ADDRESS", profile.Address, "address", t.Address, client.DefaultHostPort),
		shown(env, from, "TEMPORAL_NAMESPACE", profile.Namespace, "namespace", t.Namespace, client.DefaultNamespace),
		shown(env, from, "TEMPORAL_API_KEY", secret(profile.APIKey), "", "", ""),
		shown(env, from, "TEMPORAL_CLIENT_AUTHORITY", profile.Authority, "", "", ""),
		shown(env, from, "TEMPORAL_TLS", tlsText(profile), "", "", "false"),
		shown(env, from, "TEMPORAL_TLS_CLIENT_CERT_PATH", tls.ClientCertPath, "", "", ""),
		shown(env, from, "TEMPORAL_TLS_CLIENT_CERT_DATA", secret(string(tls.ClientCertData)), "", "", ""),
		shown(env, from, "TEMPORAL_TLS_CLIENT_KEY_PATH", tls.ClientKeyPath, "", "", ""),
		shown(env, from, "TEMPORAL_TLS_CLIENT_KEY_DATA", secret(string(tls.ClientKeyData)), "", "", ""),
		shown(env, from, "TEMPORAL_TLS_SERVER_CA_CERT_PATH", tls.ServerCACertPath, "", "", ""),
		shown(env, from, "TEMPORAL_TLS_SERVER_CA_CERT_DATA", secret(string(tls.ServerCACertData)), "", "", ""),
		shown(env, from, "TEMPORAL_TLS_SERVER_NAME", tls.ServerName, "", "", ""),
		shown(env, from, "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION", textIfTrue(tls.DisableHostVerification), "", "", ""),
		shown(env, from, "TEMPORAL_CODEC_ENDPOINT", codec.Endpoint, "", "", ""),
		shown(env, from, "TEMPORAL_CODEC_AUTH", secret(codec.Auth), "", "", ""),
	}
	for _, key := range slices.Sorted(maps.Keys(profile.GRPCMeta)) {
		header := "TEMPORAL_GRPC_META_" + strings.ToUpper(strings.ReplaceAll(key, "-", "_"))
		all = append(all, shown(env, from, header, mask, "", "", ""))
	}
	return slices.DeleteFunc(all, func(v Value) bool { return v.Text == "" }), nil
}

// tlsText says whether TLS is used: an API key enables it.
func tlsText(profile envconfig.ClientConfigProfile) string {
	switch {
	case profile.TLS != nil:
		return strconv.FormatBool(!profile.TLS.Disabled)
	case profile.APIKey != "":
		return "true"
	default:
		return ""
	}
}

func textIfTrue(is bool) string {
	if is {
		return "true"
	}
	return ""
}

func secret(text string) string {
	if text == "" {
		return ""
	}
	return mask
}

// shown returns a setting with its source: flag, then variable, then file.
func shown(env environment, file, name, text, flag, flagText, def string) Value {
	_, set := env.LookupEnv(name)
	switch {
	case flagText != "":
		return Value{Name: name, Text: flagText, Source: "--" + flag}
	case text == "":
		return Value{Name: name, Text: def, Source: textSource(def)}
	case set:
		return Value{Name: name, Text: text, Source: name}
	default:
		return Value{Name: name, Text: text, Source: file}
	}
}

func textSource(def string) string {
	if def == "" {
		return ""
	}
	return "default"
}

// fileSource names Temporal's configuration file, the source of all values that no variable
// sets.
func (t Temporal) fileSource(env environment) string {
	path, _ := env.LookupEnv("TEMPORAL_CONFIG_FILE")
	path = cmp.Or(path, envconfig.DefaultConfigFilePath())
	name, _ := env.LookupEnv("TEMPORAL_PROFILE")
	return fmt.Sprintf("%s, profile %s", path, cmp.Or(t.Profile, name, "default"))
}
