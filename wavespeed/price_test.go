package wavespeed_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

func TestPrice(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]provider.Price{
		`{"data":{"model_id":"a/b","price":1.32,"discounted_price":1.2,"discount_rate":91,"currency":"USD"}}`: {Amount: generation.Dollars(1.2), Full: generation.Dollars(1.32)},
		`{"data":{"price":0.5}}`: {Amount: generation.Dollars(0.5), Full: generation.Dollars(0.5)},
	} {
		p := serve(t, say(http.StatusOK, body))
		price, err := client(t, p.URL).Price(context.Background(), "a/b", json.RawMessage(`{"n":1}`))
		require.NoError(t, err)
		require.Equal(t, want, price)
		require.JSONEq(t, `{"model_id":"a/b","inputs":{"n":1}}`, p.requests()[0].body)
	}
	p := serve(t, say(http.StatusOK, `{"data":{}}`))
	c := client(t, p.URL)
	_, err := c.Price(context.Background(), "a/b", nil)
	require.ErrorContains(t, err, "no price")
	_, err = c.Price(context.Background(), "", nil)
	require.ErrorIs(t, err, wavespeed.ErrInvalid)
	_, err = c.Price(context.Background(), "a/b", "x")
	require.ErrorIs(t, err, wavespeed.ErrInvalid)
}

func TestBalance(t *testing.T) {
	t.Parallel()
	p := serve(t, say(http.StatusOK, `{"code":200,"data":{"balance":12.34}}`))
	balance, err := client(t, p.URL).Balance(context.Background())
	require.NoError(t, err)
	require.Equal(t, generation.Dollars(12.34), balance)
	p = serve(t, say(http.StatusOK, `{"code":200,"data":{}}`))
	_, err = client(t, p.URL).Balance(context.Background())
	require.ErrorContains(t, err, "no balance")
}

// TestImpossiblePrices: an amount that cannot be never passes for a price.
func TestImpossiblePrices(t *testing.T) {
	t.Parallel()
	for data, why := range map[string]string{
		`{"price":-0.5}`:                                 "-$0.50 is negative",
		`{"price":1,"discounted_price":-1e-9}`:           "-$0.000000001 is negative",
		`{"price":-1,"discounted_price":1}`:              "-$1.00 is negative",
		`{"price":1e308}`:                                "exceed the maximum",
		`{"price":1000000.000000001}`:                    "$1000000.000000001 is more than any account pays ($1000000.00)",
		`{"price":1,"discounted_price":2000000}`:         "$2000000.00 is more than any account pays",
		`{"price":1,"currency":"EUR"}`:                   `the currency is "EUR", not USD`,
		`{"price":1,"currency":5}`:                       "the currency is 5, not USD",
		`{"price":"1"}`:                                  "is not an amount of US dollars",
		`{"price":"NaN"}`:                                "is not an amount of US dollars",
		`{"price":true}`:                                 "is not an amount of US dollars",
		`{"price":{"amount":1}}`:                         "is not an amount of US dollars",
		`{"price":` + strings.Repeat("9", 900_000) + `}`: "exceed the maximum",
	} {
		p := serve(t, say(http.StatusOK, `{"code":200,"data":`+data+`}`))
		began := time.Now()
		price, err := client(t, p.URL).Price(context.Background(), "a/b", nil)
		require.ErrorIs(t, err, provider.ErrImpossiblePrice)
		require.ErrorContains(t, err, "wavespeed: price a/b: HTTP 200: impossible price: ")
		require.ErrorContains(t, err, why)
		require.Less(t, len(err.Error()), 300)
		require.Zero(t, price)
		require.Less(t, time.Since(began), 10*time.Second)
	}
	for _, data := range []string{`{"balance":1e308}`, `{"balance":"12"}`, `{"balance":[]}`} {
		p := serve(t, say(http.StatusOK, `{"code":200,"data":`+data+`}`))
		_, err := client(t, p.URL).Balance(context.Background())
		require.ErrorIs(t, err, provider.ErrImpossiblePrice, data)
	}
}

// TestPricesAtTheirBounds: free models have a price, and an account can be overdrawn.
func TestPricesAtTheirBounds(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]generation.USD{
		`{"price":0}`: 0, `{"price":-0.0}`: 0, `{"price":1000000}`: wavespeed.MaxPrice, `{"price":2,"discounted_price":null,"currency":null}`: 2 * usd.Dollar,
	} {
		p := serve(t, say(http.StatusOK, `{"code":200,"data":`+data+`}`))
		price, err := client(t, p.URL).Price(context.Background(), "a/b", nil)
		require.NoError(t, err)
		require.Equal(t, want, price.Amount)
	}
	p := serve(t, say(http.StatusOK, `{"code":200,"data":{"balance":-0.05}}`))
	balance, err := client(t, p.URL).Balance(context.Background())
	require.NoError(t, err)
	require.Equal(t, generation.Dollars(-0.05), balance)
}

// TestWrongBasePrice: one entry that is wrong leaves the other models usable.
func TestWrongBasePrice(t *testing.T) {
	t.Parallel()
	p := serve(t, say(http.StatusOK, `{"code":200,"data":[{"model_id":"a/b","base_price":"free"},{"model_id":"c/d","base_price":-3},{"model_id":"e/f","base_price":0.25}]}`))
	models, err := client(t, p.URL).Models(context.Background())
	require.NoError(t, err)
	require.Equal(t, []provider.Model{{ID: "a/b"}, {ID: "c/d"}, {ID: "e/f", BasePrice: generation.Dollars(0.25)}}, models)
}
