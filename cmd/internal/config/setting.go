package config

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Setting is one thing that can be configured.
type Setting struct {
	// Env is the environment variable; with the suffix _FILE, it names a file.
	Env string

	// Flag is the flag's name, without dashes.
	Flag string

	// Type is the kind of value, in one word.
	Type string

	// Default is the default value; "" for none.
	Default string

	// Help describes the setting in one line.
	Help string

	// Secret values are masked in output.
	Secret bool

	// Generate says that the command generate needs it too.
	Generate bool

	// One of these stores a value; the second if each account has its own.
	set        func(*Config, string) error
	setAccount func(*Account, given) error
}

// Bool is the Type of boolean settings.
const Bool = "bool"

// into combines a field and a parser into a set function.
func into[T any](place func(*Config) *T, read func(string) (T, error)) func(*Config, string) error {
	return func(c *Config, text string) error {
		value, err := read(text)
		if err != nil {
			return err
		}
		*place(c) = value
		return nil
	}
}

func text(v string) (string, error) { return v, nil }

// list accepts commas, spaces and line breaks, so a file may use a line per entry.
func list(v string) []string {
	return strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune(", \t\r\n", r) })
}

func boolean(v string) (bool, error) {
	value, err := strconv.ParseBool(v)
	if err != nil {
		return false, fmt.Errorf("%q is neither true nor false", v)
	}
	return value, nil
}

func number(v string) (int, error) {
	value, err := strconv.Atoi(v)
	if err != nil || value < 0 {
		return 0, fmt.Errorf("%q is not a whole number of at least 0", v)
	}
	return value, nil
}

func duration(v string) (time.Duration, error) {
	value, err := time.ParseDuration(v)
	if err != nil || value < 0 {
		return 0, fmt.Errorf("%q is not a duration such as 70s", v)
	}
	return value, nil
}

func dollars(v string) (generation.USD, error) {
	value, err := generation.ParseUSD(v)
	if err == nil && value < 0 {
		err = fmt.Errorf("%q is negative", v)
	}
	return value, err
}

func listenAddress(v string) (string, error) {
	_, port, err := net.SplitHostPort(v)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil || port == "" {
		return "", fmt.Errorf("%q is not an address to listen on, such as 127.0.0.1:8080 or :8080", v)
	}
	return v, nil
}

// webURL parses a URL for people. Errors don't repeat it, because it may contain a password.
func webURL(v string) (string, error) {
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return "", fmt.Errorf("is not a URL such as http://127.0.0.1:8233, without a user name")
	}
	return strings.TrimRight(v, "/"), nil
}

func oneOf(allowed ...string) func(string) (string, error) {
	return func(v string) (string, error) {
		if !slices.Contains(allowed, v) {
			return "", fmt.Errorf("%q is not one of %s", v, strings.Join(allowed, ", "))
		}
		return v, nil
	}
}
