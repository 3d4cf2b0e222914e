package wavespeed_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

// From the provider's documentation of 2026.
const documentedCharge = `{"uuid":"1113382d696d4677a036540a9bbb88b4","access_key_id":"77730_1776946986692727375","access_key_name":"aboy",
 "billing_type":"deduct","price":0.04,"created_at":"2026-04-23T12:23:30.933Z","updated_at":"2026-04-23T12:23:30.933Z",
 "order":{"uuid":"ca1224af40134dada3943d1ed8e3404b","state":"pre","price":0.04,"origin_price":0.04,"status":"","ak_id":35},
 "prediction":{"uuid":"0cbf014f272a461faab2d19929ccf759","model_uuid":"bytedance/seedream-v4.5","status":"created"}}`

func TestChargesAreReadAsDocumented(t *testing.T) {
	t.Parallel()
	p := serve(t, say(http.StatusOK, `{"code":200,"message":"success","data":{"page":1,"total":5,"has_more":true,"items":[`+documentedCharge+`]}}`))
	page, err := client(t, p.URL).Charges(context.Background(), wavespeed.ChargesOptions{
		Page: 2, PageSize: 1, Kind: provider.ChargeDeduct, PredictionIDs: []string{"a", "b"},
		From: time.Date(2026, 1, 2, 3, 4, 5, 6_999_999, time.UTC), To: time.Date(2026, 1, 2, 3, 4, 5, 6_000_001, time.FixedZone("east", 3600)),
	})
	require.NoError(t, err)
	require.Equal(t, provider.ChargePage{Total: new(5), More: new(true), Items: []provider.Charge{{
		ID: "1113382d696d4677a036540a9bbb88b4", Kind: "deduct", PredictionID: "0cbf014f272a461faab2d19929ccf759", Model: "bytedance/seedream-v4.5",
		Key:    provider.AccessKey{ID: "77730_1776946986692727375", Number: "35", Name: "aboy"},
		Amount: generation.Dollars(0.04), CreatedAt: time.Date(2026, 4, 23, 12, 23, 30, 933_000_000, time.UTC),
	}}}, page)
	require.Equal(t, "/api/v3/billings/search", p.requests()[0].URL.Path)
	require.JSONEq(t, `{"page":2,"page_size":1,"billing_type":"deduct","prediction_uuids":["a","b"],"sort":"created_at DESC",
		"start_time":"2026-01-02T03:04:05.006Z","end_time":"2026-01-02T02:04:05.007Z"}`, p.requests()[0].body)
}

func TestChargesHaveDefaults(t *testing.T) {
	t.Parallel()
	p := serve(t, say(http.StatusOK, `{"data":{"items":null,"total":3}}`))
	page, err := client(t, p.URL).Charges(context.Background(), wavespeed.ChargesOptions{})
	require.NoError(t, err)
	require.Equal(t, provider.ChargePage{Items: []provider.Charge{}, Total: new(3)}, page)
	require.JSONEq(t, `{"page":1,"page_size":100,"sort":"created_at DESC"}`, p.requests()[0].body)
}

func TestChargesInEveryShape(t *testing.T) {
	t.Parallel()
	for record, want := range map[string]provider.Charge{
		// The first version: millionths, and no key.
		`{"uuid":"u","billing_type":"deduct","price":24300,"order":{"state":"done","ak_id":0},"prediction":{"uuid":"p","model_uuid":"a/b"},"access_key_name":""}`: {
			ID: "u", Kind: "deduct", PredictionID: "p", Model: "a/b", Amount: generation.Dollars(0.0243), Settled: true},
		`{"uuid":"u","billing_type":"refund","price":-2,"access_key_uuid":"k","access_key_id":7,"order":null,"prediction":{"uuid":"p"},"created_at":"soon"}`: {
			ID: "u", Kind: "refund", PredictionID: "p", Amount: generation.Dollars(2), Key: provider.AccessKey{ID: "7", UUID: "k"}},
		`{"uuid":"u","billing_type":"deduct","price":null,"order":{"price":"0.5"},"prediction":{"uuid":"p"}}`: {
			ID: "u", Kind: "deduct", PredictionID: "p", Amount: generation.Dollars(0.5)},
		`{"uuid":"u","billing_type":"recharge","price":50,"prediction":null}`: {ID: "u", Kind: "recharge", Amount: generation.Dollars(50)},
	} {
		p := serve(t, say(http.StatusOK, `{"data":{"items":[`+record+`]}}`))
		page, err := client(t, p.URL).Charges(context.Background(), wavespeed.ChargesOptions{})
		require.NoError(t, err, record)
		require.Equal(t, []provider.Charge{want}, page.Items, record)
	}
}

// A charge that is left out looks like one that was never made.
func TestChargesDoNotPassOverWhatTheyCannotRead(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{}`, `{"data":null}`, `{"data":{}}`, `{"data":[]}`, `{"data":{"items":{}}}`, `{"data":{"items":[null]}}`, `{"data":{"items":[7]}}`,
		`{"data":{"items":[{}]}}`,
		`{"data":{"items":[{"billing_type":"deduct","price":1,"prediction":{"uuid":"p"}}]}}`,
		`{"data":{"items":[{"uuid":"u","price":1,"prediction":{"uuid":"p"}}]}}`,
		`{"data":{"items":[{"uuid":"u","billing_type":"deduct","price":1}]}}`,
		`{"data":{"items":[{"uuid":"u","billing_type":"refund","price":1,"prediction":{"UUID":"p"}}]}}`,
		`{"data":{"items":[{"uuid":"u","billing_type":"deduct","prediction":{"uuid":"p"}}]}}`,
		`{"data":{"items":[{"uuid":"u","billing_type":"deduct","price":"free","prediction":{"uuid":"p"}}]}}`,
		`{"data":{"items":[{"uuid":"u","billing_type":"deduct","price":1e308,"prediction":{"uuid":"p"}}]}}`,
		`{"data":{"items":[` + documentedCharge + `,{"uuid":"u"}]}}`,
	} {
		p := serve(t, say(http.StatusOK, body))
		_, err := client(t, p.URL).Charges(context.Background(), wavespeed.ChargesOptions{})
		require.Error(t, err, body)
	}
}

func TestChargesRefusePagesThatAreNone(t *testing.T) {
	t.Parallel()
	p := serve(t, say(http.StatusOK, `{"data":{"items":[]}}`))
	for _, options := range []wavespeed.ChargesOptions{{Page: -1}, {PageSize: -1}, {PageSize: 101}, {PredictionIDs: []string{""}}} {
		_, err := client(t, p.URL).Charges(context.Background(), options)
		require.ErrorIs(t, err, wavespeed.ErrInvalid)
	}
	require.Empty(t, p.requests())
}

func TestAccessKeysAreComparedByWhatBothTell(t *testing.T) {
	t.Parallel()
	type key = provider.AccessKey
	for _, test := range []struct {
		a, b            key
		same, different bool
	}{
		{key{UUID: "u", ID: "1"}, key{UUID: "u", ID: "2"}, true, false},
		{key{UUID: "u"}, key{UUID: "v"}, false, true},
		{key{ID: "1", Name: "a"}, key{ID: "1", Name: "renamed"}, true, false},
		{key{Number: "35"}, key{Number: "36"}, false, true},
		{key{ID: "35"}, key{Number: "35"}, false, false},
		{key{ID: "35"}, key{Number: "36"}, false, false},
		{key{Name: "a"}, key{Name: "a"}, false, false},
		{key{Name: "a"}, key{Name: "b"}, false, false},
		{key{}, key{}, false, false},
	} {
		same, different := test.a.Compare(test.b)
		require.Equal(t, test.same, same, "%v %v", test.a, test.b)
		require.Equal(t, test.different, different, "%v %v", test.a, test.b)
	}
}
