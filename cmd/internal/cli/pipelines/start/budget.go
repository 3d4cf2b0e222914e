package start

import (
	"errors"

	"github.com/spf13/pflag"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// budgetFlag is an optional cap.
type budgetFlag struct{ usd *generation.USD }

func (b *budgetFlag) add(flags *pflag.FlagSet, usage string) { flags.Var(b, "budget", usage) }

// String, Set and Type implement pflag.Value.
func (b *budgetFlag) String() string {
	if b.usd == nil {
		return ""
	}
	return b.usd.String()
}

func (b *budgetFlag) Set(text string) error {
	usd, err := generation.ParseUSD(text)
	if err == nil && usd <= 0 {
		err = errors.New("must be more than 0 US dollars")
	}
	b.usd = &usd
	return err
}

func (b *budgetFlag) Type() string { return "USD" }
