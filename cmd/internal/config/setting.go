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
	// Env is the environment variable; with _FILE at its end, that of a file.
	Env string

	// Flag is the flag's name, without dashes.
	Flag string

	// Type is what kind of value it has, in a word.
	Type string

	// Default is the value when nothing is set; "" for none.
	Default string

	// Help says in a line what it is.
	Help string

	// Secret values are masked wherever they are shown.
	Secret bool

	// Generate tells that the command generate needs it too.
	Generate bool

	// One of the two takes a value over; the second where each account has its own.
	set        func(*Config, string) error
	setAccount func(*Account, given) error
}

// Bool is the Type of a setting that is true or false.
const Bool = "bool"

// into makes a set of the place for a value and of what reads it.
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

// list takes commas, blanks and line breaks, so that a file may have a line for each.
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
		return 0, fmt.Errorf("%q is not a number from 0 on", v)
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

// webURL is an address for people. What is refused is not repeated, since it may hold
// a password.
func webURL(v string) (string, error) {
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return "", fmt.Errorf("is not an address such as http://127.0.0.1:8233, without a user")
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
