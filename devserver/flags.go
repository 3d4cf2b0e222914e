package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"go.temporal.io/server/common/dynamicconfig"
)

// errVersion says that only the version was requested.
var errVersion = errors.New("version requested")

// options is the command line, validated and with defaults.
type options struct {
	ip          string // literal IP address
	port        int
	httpPort    int // 0: any free one
	metricsPort int // 0: no metrics

	headless          bool
	uiIP              string // literal IP address
	uiPort            int
	uiPublicPath      string
	uiAssetPath       string
	uiCodecEndpoint   string
	uiDisableNewsFeed bool

	namespaces       []string // "default" first
	searchAttributes searchAttributes

	dbFilename string // "" means in memory
	pragmas    map[string]string

	dynamicConfig map[dynamicconfig.Key]any
	logLevel      string
	logFormat     string
	logConfig     bool
}

// rawFlags are flags whose text parseFlags converts.
type rawFlags struct {
	searchAttributes, pragmas, dynamicConfig []string
	version                                  bool
}

// newFlagSet declares the flags of "temporal server start-dev", and those flags of the temporal
// command that matter to a server.
func newFlagSet(opts *options, raw *rawFlags) *pflag.FlagSet {
	flags := pflag.NewFlagSet("devserver", pflag.ContinueOnError)
	flags.SortFlags = false
	flags.Usage = func() {}
	flags.StringVarP(&opts.dbFilename, "db-filename", "f", "", "`file` that keeps all state; without it, state is in memory and ends with the process")
	flags.StringArrayVarP(&opts.namespaces, "namespace", "n", nil, "`name` of a namespace to create; \"default\" is always there (repeatable)")
	flags.StringVar(&opts.ip, "ip", "localhost", "IP `address` for the frontend")
	flags.IntVarP(&opts.port, "port", "p", 7233, "`port` for gRPC")
	flags.IntVar(&opts.httpPort, "http-port", 0, "`port` for the HTTP API (default any free one)")
	flags.IntVar(&opts.metricsPort, "metrics-port", 0, "`port` for Prometheus' /metrics (default off)")
	flags.BoolVar(&opts.headless, "headless", false, "no web UI")
	flags.StringVar(&opts.uiIP, "ui-ip", "", "IP `address` for the web UI (default --ip)")
	flags.IntVar(&opts.uiPort, "ui-port", 0, "`port` for the web UI (default --port plus 1000)")
	flags.StringVar(&opts.uiPublicPath, "ui-public-path", "", "base `path` of the web UI's URLs")
	flags.StringVar(&opts.uiAssetPath, "ui-asset-path", "", "`directory` with a web UI to serve instead of the built-in one")
	flags.StringVar(&opts.uiCodecEndpoint, "ui-codec-endpoint", "", "`URL` of a codec server for the web UI")
	flags.BoolVar(&opts.uiDisableNewsFeed, "ui-disable-news-fetch", false, "no news feed in the web UI")
	flags.StringArrayVar(&raw.searchAttributes, "search-attribute", nil, "`name=Type` of a search attribute for each namespace (repeatable)")
	flags.StringArrayVar(&raw.dynamicConfig, "dynamic-config-value", nil, "`key=JSON` of a server setting (repeatable)")
	flags.StringArrayVar(&raw.pragmas, "sqlite-pragma", nil, "`name=value` of a SQLite pragma (repeatable)")
	flags.StringVar(&opts.logLevel, "log-level", "warn", "`level`: "+strings.Join(logLevels, ", "))
	flags.StringVar(&opts.logFormat, "log-format", "text", "`format`: "+strings.Join(logFormats, ", "))
	flags.BoolVar(&opts.logConfig, "log-config", false, "print the server's configuration to stderr")
	flags.BoolVarP(&raw.version, "version", "v", false, "print the versions and exit")
	return flags
}

func usage() string {
	return "A Temporal server for development: server, web UI and SQLite in one program.\n\n" +
		"  devserver server start-dev [flags]\n\n" +
		newFlagSet(new(options), new(rawFlags)).FlagUsages()
}

// parseFlags parses and checks the command line. Errors name the flag and the value. Warnings
// go to stderr.
func parseFlags(args []string, stderr io.Writer) (options, error) {
	var opts options
	var raw rawFlags
	flags := newFlagSet(&opts, &raw)
	if err := flags.Parse(args); err != nil {
		return opts, err
	}
	if raw.version {
		return opts, errVersion
	}
	if command := flags.Args(); !slices.Equal(command, []string{"server", "start-dev"}) {
		return opts, fmt.Errorf("unknown command %q: the only one is \"server start-dev\"; see --help", strings.Join(command, " "))
	}

	var err error
	if opts.searchAttributes, err = parseSearchAttributes(raw.searchAttributes); err != nil {
		return opts, err
	}
	if opts.pragmas, err = parsePragmas(raw.pragmas); err != nil {
		return opts, err
	}
	var unknown []string
	if opts.dynamicConfig, unknown, err = parseDynamicConfig(raw.dynamicConfig); err != nil {
		return opts, err
	}
	if len(unknown) > 0 {
		fmt.Fprintf(stderr, "devserver: --dynamic-config-value: this server has no setting named %s\n", strings.Join(unknown, ", "))
	}
	if err := opts.complete(); err != nil {
		return opts, err
	}
	// Are there too many of one type?
	_, err = opts.searchAttributes.assign(make(map[string]string))
	return opts, err
}

// complete fills in the defaults that depend on other flags, and validates.
func (o *options) complete() error {
	var err error
	if o.ip, err = parseIP("--ip", o.ip); err != nil {
		return err
	}
	if o.uiIP == "" {
		o.uiIP = o.ip
	}
	if o.uiIP, err = parseIP("--ui-ip", o.uiIP); err != nil {
		return err
	}
	if err := checkPort("--port", o.port, 1); err != nil {
		return err
	}
	if o.uiPort == 0 && !o.headless {
		if o.uiPort = o.port + 1000; o.uiPort > maxPort {
			return fmt.Errorf("--ui-port: --port plus 1000 is %d, which is not a valid port: choose one, or use --headless", o.uiPort)
		}
	}
	for name, port := range map[string]int{"--ui-port": o.uiPort, "--http-port": o.httpPort, "--metrics-port": o.metricsPort} {
		if err := checkPort(name, port, 0); err != nil {
			return err
		}
	}
	if err := oneOf("--log-level", o.logLevel, logLevels); err != nil {
		return err
	}
	if err := oneOf("--log-format", o.logFormat, logFormats); err != nil {
		return err
	}
	if o.uiPublicPath = strings.TrimRight(o.uiPublicPath, "/"); o.uiPublicPath != "" && !strings.HasPrefix(o.uiPublicPath, "/") {
		return fmt.Errorf("--ui-public-path %q: want a path that begins with a slash", o.uiPublicPath)
	}
	if o.uiAssetPath != "" && !isDirectory(o.uiAssetPath) {
		return fmt.Errorf("--ui-asset-path %q: not a directory", o.uiAssetPath)
	}
	return o.completeNamespaces()
}

func (o *options) completeNamespaces() error {
	names := []string{"default"}
	for _, name := range o.namespaces {
		if strings.TrimSpace(name) == "" {
			return errors.New("--namespace: a namespace needs a name")
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	o.namespaces = names
	return nil
}

func parseIP(flag, text string) (string, error) {
	if text == "localhost" {
		return "127.0.0.1", nil
	}
	if ip := net.ParseIP(text); ip != nil {
		return ip.String(), nil
	}
	return "", fmt.Errorf("%s %q: not an IP address", flag, text)
}

const maxPort = 65535

func checkPort(flag string, port, lowest int) error {
	if port < lowest || port > maxPort {
		return fmt.Errorf("%s %d: not a port (%d to %d)", flag, port, lowest, maxPort)
	}
	return nil
}

func oneOf(flag, value string, allowed []string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("%s %q: not one of %s", flag, value, strings.Join(allowed, ", "))
}
