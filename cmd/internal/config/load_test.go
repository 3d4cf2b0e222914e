package config_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/config"
	"github.com/wavespeed-temporal/wavespeed-temporal/limits"
)

const (
	key         = "wsk-key-that-nobody-may-read"
	secret      = "whsec_secret-that-nobody-may-read"
	otherSecret = "whsec_another-that-nobody-may-read"
)

func environ(pairs map[string]string) []string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(pairs)) {
		lines = append(lines, name+"="+pairs[name])
	}
	return lines
}

// file is a file with a value, readable by its owner alone.
func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "value")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c, err := config.Load(nil, []string{"WAVESPEED_API_KEY=" + key}, config.Need{Worker: true, Webhook: true})
	require.NoError(t, err)
	require.Empty(t, c.Warnings)
	require.Equal(t, key, c.Accounts["default"].APIKey)
	require.Equal(t, ":8080", c.WebhookListen)
	require.Equal(t, "127.0.0.1:9090", c.AdminListen, "others must not reach it unasked")
	require.Equal(t, "wavespeed", c.TaskQueue)
	require.True(t, c.Prices)
	require.Equal(t, 70*time.Second, c.ShutdownTimeout)
}

func TestPrecedence(t *testing.T) {
	t.Parallel()
	path := file(t, "from-file\n")
	for name, test := range map[string]struct {
		flags  map[string]string
		env    map[string]string
		want   string
		source string
	}{
		"default":                  {nil, nil, "wavespeed", "default"},
		"empty is not set":         {map[string]string{"task-queue": ""}, map[string]string{"TEMPORAL_TASK_QUEUE": "media"}, "wavespeed", "default"},
		"variable":                 {nil, map[string]string{"TEMPORAL_TASK_QUEUE": " media "}, "media", "TEMPORAL_TASK_QUEUE"},
		"file":                     {nil, map[string]string{"TEMPORAL_TASK_QUEUE_FILE": path}, "from-file", "TEMPORAL_TASK_QUEUE_FILE"},
		"flag before the variable": {map[string]string{"task-queue": "given"}, map[string]string{"TEMPORAL_TASK_QUEUE": "media"}, "given", "--task-queue"},
		"flag before the file":     {map[string]string{"task-queue": "given"}, map[string]string{"TEMPORAL_TASK_QUEUE_FILE": "/none"}, "given", "--task-queue"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := config.Load(test.flags, environ(test.env), config.Need{})
			require.NoError(t, err)
			require.Equal(t, test.want, c.TaskQueue)
			i := slices.IndexFunc(c.Values, func(v config.Value) bool { return v.Name == "TEMPORAL_TASK_QUEUE" })
			require.Equal(t, config.Value{Name: "TEMPORAL_TASK_QUEUE", Text: test.want, Source: test.source}, c.Values[i])
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	both := config.Need{Worker: true, Webhook: true}
	for name, test := range map[string]struct {
		env  map[string]string
		need config.Need
		want string
	}{
		"no key":                  {nil, config.Need{Worker: true}, "WAVESPEED_API_KEY: is not set; a worker needs it to submit"},
		"no secret":               {nil, config.Need{Webhook: true}, "WAVESPEED_WEBHOOK_SECRET: is not set, and neither is WAVESPEED_API_KEY, which could fetch it"},
		"key with a line break":   {map[string]string{"WAVESPEED_API_KEY": key + "\nX"}, both, "WAVESPEED_API_KEY: contains a space, a line break or another character that is invalid in a key"},
		"short secret":            {map[string]string{"WAVESPEED_API_KEY": key, "WAVESPEED_WEBHOOK_SECRET": "whsec_short"}, both, `WAVESPEED_WEBHOOK_SECRET: `},
		"plain http":              {map[string]string{"WEBHOOK_PUBLIC_URL": "http://example.com/x"}, config.Need{}, "WEBHOOK_PUBLIC_URL: "},
		"base URL":                {map[string]string{"WAVESPEED_BASE_URL": "ftp://example.com"}, config.Need{}, "WAVESPEED_BASE_URL: "},
		"listen":                  {map[string]string{"WEBHOOK_LISTEN": "8080"}, config.Need{}, `WEBHOOK_LISTEN: "8080" is not an address to listen on, such as 127.0.0.1:8080 or :8080`},
		"level":                   {map[string]string{"LOG_LEVEL": "loud"}, config.Need{}, `LOG_LEVEL: "loud" is not one of debug, info, warn, error`},
		"bool":                    {map[string]string{"WAVESPEED_PRICES": "perhaps"}, config.Need{}, `WAVESPEED_PRICES: "perhaps" is neither true nor false`},
		"number":                  {map[string]string{"WORKER_CACHE": "-1"}, config.Need{}, `WORKER_CACHE: "-1" is not a whole number of at least 0`},
		"duration":                {map[string]string{"SHUTDOWN_TIMEOUT": "70"}, config.Need{}, `SHUTDOWN_TIMEOUT: "70" is not a duration such as 70s`},
		"UI":                      {map[string]string{"TEMPORAL_UI_URL": "localhost:8233"}, config.Need{}, "TEMPORAL_UI_URL: is not a URL such as http://127.0.0.1:8233, without a user name"},
		"value and file":          {map[string]string{"LOG_LEVEL": "info", "LOG_LEVEL_FILE": "/x"}, config.Need{}, "LOG_LEVEL: LOG_LEVEL_FILE is set too; set only one"},
		"missing file":            {map[string]string{"WAVESPEED_API_KEY_FILE": "/nowhere/" + key}, config.Need{}, "WAVESPEED_API_KEY_FILE: cannot read the file that it names: no such file or directory"},
		"endless file":            {map[string]string{"WAVESPEED_API_KEY_FILE": "/dev/zero"}, config.Need{}, "WAVESPEED_API_KEY_FILE: the file has more than 65536 bytes"},
		"empty file":              {map[string]string{"WAVESPEED_API_KEY_FILE": "/dev/null"}, config.Need{}, "WAVESPEED_API_KEY_FILE: the file is empty"},
		"keys for names":          {map[string]string{"WAVESPEED_ACCOUNTS": "a_" + key}, config.Need{}, "WAVESPEED_ACCOUNTS: name 1 contains characters other than letters, digits and dashes"},
		"default among the names": {map[string]string{"WAVESPEED_ACCOUNTS": "team-a,default"}, config.Need{}, `WAVESPEED_ACCOUNTS: name 2 is "default", which always exists: its key is WAVESPEED_API_KEY`},
		"names alike":             {map[string]string{"WAVESPEED_ACCOUNTS": "team-a,TEAM-A"}, config.Need{}, "WAVESPEED_ACCOUNTS: name 2 maps to the same variables as another name"},
		"name of a file":          {map[string]string{"WAVESPEED_ACCOUNTS": "my-file"}, config.Need{}, `WAVESPEED_ACCOUNTS: name 1 ends in "file", which is reserved for variables that name files`},
		"tier":                    {map[string]string{"WAVESPEED_LIMITS": "brnz"}, config.Need{}, `WAVESPEED_LIMITS: "brnz" is not one of the tiers bronze, gold, silver, ultra, and not auto, off or a list such as running=2, images=5`},
		"limit of an account":     {map[string]string{"WAVESPEED_ACCOUNTS": "team-a", "WAVESPEED_LIMITS_TEAM_A": "running=-1"}, config.Need{}, `WAVESPEED_LIMITS_TEAM_A: running: "-1" is not a whole number of at least 0`},
		"limits without a key":    {map[string]string{"WAVESPEED_LIMITS": "auto"}, config.Need{Worker: true}, "WAVESPEED_API_KEY: is not set; a worker needs it to submit"},
		"account without a key":   {map[string]string{"WAVESPEED_API_KEY": key, "WAVESPEED_ACCOUNTS": "team-a"}, both, "WAVESPEED_API_KEY_TEAM_A: is not set; a worker needs it to submit"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := config.Load(nil, environ(test.env), test.need)
			require.Error(t, err)
			require.True(t, strings.HasPrefix(err.Error(), test.want), "got %q", err)
			requireNoSecret(t, err.Error())
			for _, value := range c.Values {
				requireNoSecret(t, value.Text)
			}
		})
	}
}

func requireNoSecret(t *testing.T, text string) {
	t.Helper()
	for _, hidden := range []string{key, secret, otherSecret, "hunter2"} {
		require.NotContains(t, text, hidden)
	}
}

// Each account has limits of its own, or none.
func TestLimits(t *testing.T) {
	t.Parallel()
	c, err := config.Load(map[string]string{"limits": "silver"}, environ(map[string]string{
		"WAVESPEED_API_KEY":            key,
		"WAVESPEED_LIMITS":             "bronze",
		"WAVESPEED_ACCOUNTS":           "team-a,team-b,team-c",
		"WAVESPEED_API_KEY_TEAM_A":     "a",
		"WAVESPEED_LIMITS_TEAM_A":      "running=2, images = 5",
		"WAVESPEED_API_KEY_TEAM_B":     "b",
		"WAVESPEED_API_KEY_TEAM_C":     "c",
		"WAVESPEED_LIMITS_TEAM_C_FILE": file(t, "per-minute=10,\nauto\n"),
	}), config.Need{Worker: true})
	require.NoError(t, err)
	require.Empty(t, c.Warnings)
	silver, err := limits.Tier("silver")
	require.NoError(t, err)
	require.Equal(t, silver, c.Accounts["default"].Limits)
	require.Equal(t, limits.Limits{Running: 2, ImagesPerMinute: 5}, c.Accounts["team-a"].Limits)
	require.Zero(t, c.Accounts["team-b"].Limits)
	require.Equal(t, limits.Limits{PerMinute: 10, Auto: true}, c.Accounts["team-c"].Limits)
}

// All problems are reported together.
func TestAllThatIsWrongIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	_, err := config.Load(map[string]string{"admin-listen": "nowhere"}, environ(map[string]string{
		"LOG_LEVEL": "loud", "WEBHOOK_PUBLIC_URL": "https://user:hunter2@example.com",
	}), config.Need{Worker: true})
	require.Error(t, err)
	for _, source := range []string{"--admin-listen: ", "LOG_LEVEL: ", "WEBHOOK_PUBLIC_URL: ", "WAVESPEED_API_KEY: "} {
		require.Contains(t, err.Error(), source)
	}
	require.Len(t, strings.Split(err.Error(), "\n"), 4)
	requireNoSecret(t, err.Error())
}

func TestSeveralAccountsAndSecrets(t *testing.T) {
	t.Parallel()
	c, err := config.Load(nil, environ(map[string]string{
		"WAVESPEED_API_KEY":                    key,
		"WAVESPEED_WEBHOOK_SECRET":             secret + ", " + otherSecret,
		"WAVESPEED_ACCOUNTS":                   "team-a",
		"WAVESPEED_API_KEY_TEAM_A":             "team-key",
		"WAVESPEED_WEBHOOK_SECRET_TEAM_A_FILE": file(t, otherSecret+"\n"),
	}), config.Need{Worker: true, Webhook: true})
	require.NoError(t, err)
	require.Empty(t, c.Warnings)
	require.Equal(t, []string{secret, otherSecret}, c.Accounts["default"].Secrets)
	require.False(t, c.Accounts["default"].SecretFromFile())
	require.Equal(t, "team-key", c.Accounts["team-a"].APIKey)
	require.True(t, c.Accounts["team-a"].SecretFromFile())
	for _, value := range c.Values {
		requireNoSecret(t, value.Text)
	}
}

func TestSecretIsReadAnewFromItsFile(t *testing.T) {
	t.Parallel()
	path := file(t, secret)
	c, err := config.Load(nil, []string{"WAVESPEED_WEBHOOK_SECRET_FILE=" + path}, config.Need{Webhook: true})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte(otherSecret+"\n"), 0o600))
	read, err := c.Accounts["default"].ReadSecret(t.Context())
	require.NoError(t, err)
	require.Equal(t, otherSecret, read)
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	open := file(t, key)
	require.NoError(t, os.Chmod(open, 0o644))
	for name, test := range map[string]struct {
		env  map[string]string
		want []string
	}{
		"nothing":     {map[string]string{"WAVESPEED_API_KEY": key, "WEBHOOK_PORT": "tcp://10.0.0.1:80", "WEBHOOK_SERVICE_HOST": "10.0.0.1"}, nil},
		"a typo":      {map[string]string{"WAVESPEED_API_KEY": key, "WEBHOOK_PUBLC_URL": "https://x"}, []string{"WEBHOOK_PUBLC_URL: is set, but is not a setting; did you mean WEBHOOK_PUBLIC_URL?"}},
		"an open key": {map[string]string{"WAVESPEED_API_KEY_FILE": open}, []string{"WAVESPEED_API_KEY_FILE: everybody on this machine can read " + open}},
		"a local URL": {map[string]string{"WAVESPEED_API_KEY": key, "WEBHOOK_PUBLIC_URL": "http://127.0.0.1:8080/x"}, []string{"WEBHOOK_PUBLIC_URL: WaveSpeed cannot reach http://127.0.0.1:8080/x, so every result is polled after the grace period"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := config.Load(nil, environ(test.env), config.Need{Worker: true})
			require.NoError(t, err)
			require.Equal(t, test.want, c.Warnings)
		})
	}
}
