package tests

import (
	"net"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTakenPort(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"port":         {"--headless"},
		"ui-port":      {"--port=PORT"},
		"http-port":    {"--port=PORT", "--headless"},
		"metrics-port": {"--port=PORT", "--headless"},
	}
	for name, args := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			taken := occupiedPort(t, func(listener net.Listener) { t.Cleanup(func() { _ = listener.Close() }) })
			command := []string{"server", "start-dev", flag(name, taken)}
			for _, arg := range args {
				if arg == "--port=PORT" {
					arg = flag("port", freePort(t))
				}
				command = append(command, arg)
			}
			complaint, code := refused(t, command...)
			require.Equal(t, 1, code)
			require.Contains(t, complaint, "port "+strconv.Itoa(taken)+" on 127.0.0.1 is taken")
			require.Contains(t, complaint, "--"+name)
		})
	}
}

func TestOnePortTwice(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	complaint, code := refused(t, "server", "start-dev", flag("port", port), flag("ui-port", port))
	require.Equal(t, 1, code)
	require.Contains(t, complaint, "--ui-port")
}

func TestBadArguments(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string
		want string
	}{
		"flag":                    {[]string{"--nope"}, "--nope"},
		"port":                    {[]string{"--port", "99999"}, "--port 99999"},
		"port zero":               {[]string{"--port", "0"}, "--port 0"},
		"port text":               {[]string{"--port", "http"}, "--port"},
		"negative port":           {[]string{"--metrics-port", "-1"}, "--metrics-port -1"},
		"ui port too high":        {[]string{"--port", "65000"}, "--ui-port"},
		"ip":                      {[]string{"--ip", "example.com"}, `--ip "example.com"`},
		"ui ip":                   {[]string{"--ui-ip", "300.1.1.1"}, `--ui-ip "300.1.1.1"`},
		"ui path":                 {[]string{"--ui-public-path", "temporal"}, `--ui-public-path "temporal"`},
		"ui assets":               {[]string{"--ui-asset-path", "/does/not/exist"}, "--ui-asset-path"},
		"namespace":               {[]string{"--namespace", ""}, "--namespace"},
		"log level":               {[]string{"--log-level", "loud"}, `--log-level "loud"`},
		"log format":              {[]string{"--log-format", "xml"}, `--log-format "xml"`},
		"pragma":                  {[]string{"--sqlite-pragma", "jurnal_mode=wal"}, `"jurnal_mode"`},
		"pragma without value":    {[]string{"--sqlite-pragma", "journal_mode"}, "name=value"},
		"attribute without type":  {[]string{"--search-attribute", "Model"}, "name=value"},
		"attribute type":          {[]string{"--search-attribute", "Model=String"}, "Keyword"},
		"attribute name":          {[]string{"--search-attribute", "WorkflowType=Keyword"}, `"WorkflowType"`},
		"attribute twice":         {[]string{"--search-attribute", "M=Int", "--search-attribute", "M=Text"}, "M=Text"},
		"too many attributes":     {[]string{"--search-attribute", "A=Int", "--search-attribute", "B=Int", "--search-attribute", "C=Int", "--search-attribute", "D=Int"}, "D=Int"},
		"config without value":    {[]string{"--dynamic-config-value", "frontend.rps"}, "name=value"},
		"config that is not JSON": {[]string{"--dynamic-config-value", "frontend.rps=many"}, "not JSON"},
		"config of wrong type":    {[]string{"--dynamic-config-value", `frontend.rps="many"`}, "frontend.rps"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			complaint, code := refused(t, append([]string{"server", "start-dev"}, test.args...)...)
			require.Equal(t, 2, code)
			require.Contains(t, complaint, test.want)
		})
	}
}

func TestUnknownCommand(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"server"}, {"start-dev"}, {"server", "start-dev", "now"}, {"workflow", "list"}} {
		complaint, code := refused(t, args...)
		require.Equal(t, 2, code)
		require.Contains(t, complaint, "server start-dev")
	}
}
