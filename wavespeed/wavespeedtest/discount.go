package wavespeedtest

import (
	"math"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/catalogue"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/money"
)

// discounted is what is charged of a price.
func (b *Behavior) discounted(m *catalogue.Model, full money.Dollars) money.Dollars {
	return money.Dollars(math.Round(float64(full) * b.payable(m) / 100))
}

// payable is the percentage of a model's price that is charged.
func (b *Behavior) payable(m *catalogue.Model) float64 {
	if rate, ok := b.Discounts[m.ID]; ok {
		return rate
	}
	if rate, ok := b.Discounts["*"]; ok {
		return rate
	}
	return 100
}
