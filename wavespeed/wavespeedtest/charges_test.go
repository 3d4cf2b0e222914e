package wavespeedtest_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// charges are the records that a search answers.
func (p *provider) charges(query string) (records []map[string]any) {
	p.t.Helper()
	items, _ := p.call(http.MethodPost, "/api/v3/billings/search", query).data()["items"].([]any)
	for _, item := range items {
		records = append(records, item.(map[string]any))
	}
	return records
}

// charged are the predictions of the records.
func (p *provider) charged(query string) (ids []any) {
	p.t.Helper()
	for _, record := range p.charges(query) {
		ids = append(ids, record["prediction"].(map[string]any)["uuid"])
	}
	return ids
}

func TestAChargeIsAsDocumented(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{
		Accounts: []wavespeedtest.Account{{UUID: "uuid-of-the-key"}},
		Behavior: wavespeedtest.Behavior{Discounts: map[string]float64{"*": 90}},
		Faults:   []wavespeedtest.Fault{{Kind: wavespeedtest.NeverEnds}},
	})
	id := p.submit(fluxDev, `{"prompt":"x"}`)
	data := p.call(http.MethodPost, "/api/v3/billings/search", `{"page":1,"page_size":9}`).data()
	require.EqualValues(t, 1, data["page"])
	require.EqualValues(t, 1, data["total"])
	require.Equal(t, false, data["has_more"])
	record := data["items"].([]any)[0].(map[string]any)
	order := record["order"].(map[string]any)
	require.Regexp(t, `^[0-9a-f]{32}$`, record["uuid"])
	require.Regexp(t, `^[0-9a-f]{32}$`, order["uuid"])
	require.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`, record["created_at"])
	require.Regexp(t, `^\d+_\d+$`, record["access_key_id"])
	require.Positive(t, order["ak_id"])
	for _, unchecked := range []string{"uuid", "created_at", "updated_at", "access_key_id", "order"} {
		require.Contains(t, record, unchecked)
		delete(record, unchecked)
	}
	require.Equal(t, map[string]any{
		"access_key_name": "default", "access_key_uuid": "uuid-of-the-key", "billing_type": "deduct", "price": 0.0108, "consumption": 0.0108,
		"prediction": map[string]any{"uuid": id, "model_uuid": fluxDev, "status": "processing"},
	}, settled(p, id, record))
	require.Equal(t, []any{"pre", 0.0108, 0.012}, []any{order["state"], order["price"], order["origin_price"]})
}

// settled is the record once the prediction is processing.
func settled(p *provider, id string, record map[string]any) map[string]any {
	p.eventually(func() bool { return p.result(id).data()["status"] == "processing" })
	record["prediction"].(map[string]any)["status"] = "processing"
	return record
}

func TestChargesAreFilteredAndPaged(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Accounts: []wavespeedtest.Account{{
		Keys: []wavespeedtest.AccessKey{{Name: "second", Key: "key-2", UUID: "uuid-2"}},
	}}})
	before := time.Now().Add(-time.Millisecond)
	first := p.submit(fluxDev, `{"prompt":"x"}`)
	p.key = "key-2"
	second := p.submit("wavespeed-ai/dia-tts", `{"prompt":"x"}`)
	require.Equal(t, []any{second, first}, p.charged(`{"page":1,"page_size":9}`))
	require.Equal(t, []any{second, first}, p.charged(`{"page":1,"page_size":9,"sort":"created_at DESC"}`))
	require.Equal(t, []any{first, second}, p.charged(`{"page":1,"page_size":9,"sort":"created_at ASC"}`))
	require.Equal(t, []any{first}, p.charged(`{"page":2,"page_size":1}`))
	require.Equal(t, []any{first}, p.charged(`{"page":1,"page_size":9,"model_uuid":"`+fluxDev+`"}`))
	require.Equal(t, []any{second}, p.charged(`{"page":1,"page_size":9,"access_key_uuid":"uuid-2"}`))
	require.Equal(t, []any{second}, p.charged(`{"page":1,"page_size":9,"prediction_uuids":["`+second+`","unknown"]}`))
	require.Len(t, p.charged(`{"page":1,"page_size":9,"billing_type":"deduct"}`), 2)
	require.Empty(t, p.charged(`{"page":1,"page_size":9,"billing_type":"refund"}`))
	for _, form := range []func(time.Time) string{
		func(at time.Time) string { return fmt.Sprint(at.UnixMilli()) },
		func(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) },
		func(at time.Time) string { return at.In(time.FixedZone("east", 3600)).Format(time.RFC3339Nano) },
	} {
		later := before.Add(time.Minute)
		require.Len(t, p.charged(`{"page":1,"page_size":9,"start_time":"`+form(before)+`","end_time":"`+form(later)+`"}`), 2)
		require.Empty(t, p.charged(`{"page":1,"page_size":9,"start_time":"`+form(later)+`"}`))
		require.Empty(t, p.charged(`{"page":1,"page_size":9,"end_time":"`+form(before)+`"}`))
	}
	for _, query := range []string{`{}`, `{"page":1,"page_size":101}`, `{"page":1,"page_size":1,"start_time":"soon"}`, `{"page":1,"page_size":1,"end_time":"soon"}`} {
		require.Equal(t, http.StatusBadRequest, p.call(http.MethodPost, "/api/v3/billings/search", query).status, query)
	}
}

// Charges name the key, of which an account may have several.
func TestChargesAndTheLedgerNameTheAccessKey(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Accounts: []wavespeedtest.Account{{
		Keys: []wavespeedtest.AccessKey{{Name: "second", Key: "key-2"}},
	}}})
	first := p.submit(fluxDev, `{"prompt":"x"}`)
	p.key = "key-2"
	second := p.submit(fluxDev, `{"prompt":"x"}`)
	require.Equal(t, []string{"default", "second"}, []string{p.entry(first).Key, p.entry(second).Key})
	require.Equal(t, http.StatusOK, p.result(first).status, "one account")

	records := p.charges(`{"page":1,"page_size":9}`)
	require.Equal(t, []any{"second", "default"}, []any{records[0]["access_key_name"], records[1]["access_key_name"]})
	for _, name := range []string{"access_key_uuid", "access_key_id"} {
		require.NotEqual(t, records[0][name], records[1][name], name)
	}
	require.NoError(t, p.Behave(func(b *wavespeedtest.Behavior) { b.ChargeKeys = "name" }))
	record := p.charges(`{"page":1,"page_size":9}`)[0]
	require.Equal(t, "second", record["access_key_name"])
	require.NotContains(t, record, "access_key_uuid")
	require.NoError(t, p.Behave(func(b *wavespeedtest.Behavior) { b.ChargeKeys = "none" }))
	require.Empty(t, p.charges(`{"page":1,"page_size":9}`)[0]["access_key_name"])
}

func TestDiscountsAreCharged(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{
		Accounts: []wavespeedtest.Account{{Balance: 1}},
		Behavior: wavespeedtest.Behavior{Discounts: map[string]float64{fluxDev: 90, "*": 95}},
	})
	quote := p.call(http.MethodPost, "/api/v3/model/price", `{"model_id":"`+fluxDev+`","inputs":{}}`).data()
	require.Equal(t, []any{0.012, 0.0108, 90.0}, []any{quote["price"], quote["discounted_price"], quote["discount_rate"]})
	quote = p.call(http.MethodPost, "/api/v3/model/price", `{"model_id":"wavespeed-ai/dia-tts","inputs":{"prompt":"x"}}`).data()
	require.Equal(t, []any{0.04, 0.038, 95.0}, []any{quote["price"], quote["discounted_price"], quote["discount_rate"]})
	id := p.submit(fluxDev, `{"prompt":"x"}`)
	require.InDelta(t, 0.0108, p.entry(id).Price, 1e-9)
	require.InDelta(t, 1-0.0108, p.Balance("default"), 1e-9)
}

func TestUsageSumsUp(t *testing.T) {
	t.Parallel()
	p := start(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.Fails, Input: "fails"}}})
	p.ended(p.submit(fluxDev, `{"prompt":"x"}`))
	p.ended(p.submit("wavespeed-ai/dia-tts", `{"prompt":"x"}`))
	failed := p.submit(fluxDev, `{"prompt":"fails"}`)
	p.eventually(func() bool { return p.entry(failed).Refunded })
	today := time.Now().UTC()
	query := func(more string) string {
		return fmt.Sprintf(`{"start_time":%q,"end_time":%q%s}`, today.Add(-time.Hour).Format(time.RFC3339), today.Add(time.Hour).Format(time.RFC3339), more)
	}
	data := p.call(http.MethodPost, "/api/v3/user/usage_stats", query("")).data()
	require.Equal(t, map[string]any{"total_cost": 0.052, "total_requests": 3.0, "success_requests": 2.0}, data["summary"])
	models := data["per_model_usage"].([]any)
	require.Len(t, models, 2)
	require.Equal(t, []any{fluxDev, 0.012, 2.0}, []any{models[1].(map[string]any)["model_uuid"], models[1].(map[string]any)["total_cost"], models[1].(map[string]any)["total_count"]})
	require.NotEmpty(t, data["daily_usage"])

	data = p.call(http.MethodPost, "/api/v3/user/usage_stats", query(`,"model_uuid":"`+fluxDev+`"`)).data()
	require.Equal(t, map[string]any{"total_cost": 0.012, "total_requests": 2.0, "success_requests": 1.0}, data["summary"])
	require.Equal(t, http.StatusBadRequest, p.call(http.MethodPost, "/api/v3/user/usage_stats", `{}`).status)
}
