package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Load reads all settings: from flags, by flag name, and from the environment, in the form of
// os.Environ. Its error lists every invalid value and every missing required one. Values and
// Warnings are set in any case.
func Load(flags map[string]string, environ []string, need Need) (Config, error) {
	l := loader{flags: flags, env: make(map[string]string, len(environ)), refused: make(map[string]bool)}
	l.config.Accounts = make(map[string]Account)
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		l.env[name] = value
	}
	for _, setting := range Settings {
		l.read(setting, generation.DefaultAccount)
	}
	for _, name := range l.config.accountNames {
		for _, setting := range Settings {
			if setting.setAccount != nil {
				l.read(setting.of(name), name)
			}
		}
	}
	l.check(need)
	l.warnOfTypos()
	return l.config, errors.Join(l.problems...)
}

type loader struct {
	flags    map[string]string
	env      map[string]string
	config   Config
	problems []error
	refused  map[string]bool // by variable
}

// wrong records a problem with a variable's value and its source.
func (l *loader) wrong(variable, source string, err error) {
	l.refused[variable] = true
	l.problems = append(l.problems, fmt.Errorf("%s: %w", source, err))
}

func (l *loader) warn(source, format string, args ...any) {
	l.config.Warnings = append(l.config.Warnings, source+": "+fmt.Sprintf(format, args...))
}

// given is a value and its source.
type given struct {
	text   string
	source string
	path   string // of its file, if any
}

// read reads one setting, for each account if accounts have their own.
func (l *loader) read(s Setting, account string) {
	value, err := l.find(s)
	if err == nil && value.text != "" {
		err = l.take(s, account, value)
	}
	if err != nil {
		l.wrong(s.Env, value.source, err)
	}
	l.show(s, value)
}

func (l *loader) take(s Setting, account string, value given) error {
	if s.setAccount == nil {
		return s.set(&l.config, value.text)
	}
	a := l.config.Accounts[account]
	err := s.setAccount(&a, value)
	l.config.Accounts[account] = a
	return err
}

// find checks the flag, the variable, its file and the default.
func (l *loader) find(s Setting) (given, error) {
	fileVariable := s.Env + fileSuffix
	flag, isFlag := l.flags[s.Flag]
	value, path := strings.TrimSpace(l.env[s.Env]), l.env[fileVariable]
	switch {
	case isFlag && s.Flag != "" && flag != "":
		return given{text: strings.TrimSpace(flag), source: "--" + s.Flag}, nil
	case isFlag && s.Flag != "":
	case value != "" && path != "":
		return given{source: s.Env}, fmt.Errorf("%s is set too; set only one", fileVariable)
	case value != "":
		return given{text: value, source: s.Env}, nil
	case path != "":
		content, open, err := readFile(path)
		if s.Secret && open {
			l.warn(fileVariable, "everybody on this machine can read %s", path)
		}
		return given{text: content, source: fileVariable, path: path}, err
	}
	return given{text: s.Default, source: "default"}, nil
}

const mask = "********"

// show records a value for display.
func (l *loader) show(s Setting, value given) {
	shown := Value{Name: s.Env, Text: value.text, Source: value.source}
	switch {
	case l.refused[s.Env] || s.Secret && value.text != "":
		shown.Text = mask
	case value.text == "":
		shown.Source = ""
	}
	l.config.Values = append(l.config.Values, shown)
}
