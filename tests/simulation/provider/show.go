package provider

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	seam "github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
)

// Show is an entry's prediction as it stands, with its input or without.
func (p *Provider) Show(e *Entry, input bool) seam.Prediction {
	shown := seam.Prediction{ID: e.ID, Model: p.listedModel(e), State: seam.StateProcessing, CreatedAt: p.created(e)}
	if input {
		shown.Input = p.listedInput(e)
	}
	if e.Ended() {
		shown.State = seam.State(e.Status)
		switch e.Status {
		case "completed":
			shown.Outputs = []json.RawMessage{json.RawMessage(strconv.Quote(e.Output()))}
		case "failed":
			shown.Failure = seam.Failure{Type: generation.ErrorTypePredictionFailed, Reason: "failed (code 5000): something broke"}
		}
	}
	return shown
}

func (p *Provider) listedModel(e *Entry) string {
	return e.Model + p.Alias
}

func (p *Provider) created(e *Entry) time.Time {
	switch p.Times {
	case TimesMissing:
		return time.Time{}
	case TimesSeconds:
		return p.Clock(e.Accepted).Truncate(time.Second)
	default:
		return p.Clock(e.Accepted)
	}
}

// listedInput is how the list shows the input; nil for not at all.
func (p *Provider) listedInput(e *Entry) json.RawMessage {
	if e.Foreign || p.Inputs == InputsEqual && !p.DropSeed {
		return e.Input
	}
	if p.Inputs == InputsOmitted {
		return nil
	}
	var fields map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(e.Input)))
	decoder.UseNumber()
	if decoder.Decode(&fields) != nil {
		return e.Input
	}
	if p.DropSeed {
		delete(fields, "seed")
	}
	for _, rewrite := range rewrites[p.Inputs] {
		rewrite(e, fields)
	}
	encoded, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return encoded
}

// Echoes tells whether the list repeats the seed that the entry was submitted with.
func (p *Provider) Echoes(e *Entry) bool {
	type seeded struct {
		Seed *json.Number `json:"seed"`
	}
	var asked, shown seeded
	return json.Unmarshal(e.Input, &asked) == nil && json.Unmarshal(p.listedInput(e), &shown) == nil &&
		asked.Seed != nil && shown.Seed != nil && *asked.Seed == *shown.Seed
}

var rewrites = map[Inputs][]func(*Entry, map[string]any){
	InputsDropped:   {dropUnknown},
	InputsDefaults:  {fillDefaults},
	InputsDrawn:     {drawSeed},
	InputsHosted:    {rehost},
	InputsTrimmed:   {trim},
	InputsConverted: {convert},
	InputsRewritten: {dropUnknown, fillDefaults, drawSeed, rehost, trim, convert},
}

func dropUnknown(_ *Entry, f map[string]any) { delete(f, "style") }

func fillDefaults(_ *Entry, f map[string]any) { f["strength"] = 0.8 }

func drawSeed(e *Entry, f map[string]any) {
	if seed, given := f["seed"]; !given || seed == json.Number("-1") {
		f["seed"] = e.drawn
	}
}

func rehost(e *Entry, f map[string]any) {
	if f["image"] != nil {
		f["image"] = "https://cdn.test/in/" + e.ID
	}
}

func trim(_ *Entry, f map[string]any) {
	if text, ok := f["prompt"].(string); ok {
		f["prompt"] = strings.TrimSpace(text)
	}
}

func convert(_ *Entry, f map[string]any) {
	if text, ok := f["steps"].(string); ok {
		f["steps"] = json.Number(text)
	}
}

// page cuts one page out of what there is to list, and tells the total and whether more
// follows as the traits have it.
func page[T any](p *Provider, all []T, number, size int) (items []T, total *int, more *bool) {
	number, size = max(number, 1), min(size, 100)
	if size <= 0 {
		size = 100
	}
	if p.Pages == PagesCapped {
		size = min(size, p.Cap)
	}
	rows := arrange(p.Pages, all)
	first, last := min((number-1)*size, len(rows)), min(number*size, len(rows))
	for _, row := range rows[first:last] {
		if row != nil {
			items = append(items, *row)
		}
	}
	if p.Pages == PagesNull && p.host.Choose(3) == 0 {
		items = nil
	}
	count, follows := len(all), last < len(rows)
	if p.Total || p.Pages == PagesNull {
		total = &count
	}
	if p.More {
		more = &follows
	}
	return items, total, more
}

// arrange puts what there is into the rows that pages are cut from; nil is a row that may
// not be seen.
func arrange[T any](pages Pages, all []T) []*T {
	rows := make([]*T, 0, len(all)+len(all)/hiddenEvery)
	for i := range all {
		rows = append(rows, &all[i])
		if pages == PagesShort && len(rows)%hiddenEvery == hiddenEvery/2 {
			rows = append(rows, nil)
		}
	}
	switch pages {
	case PagesReversed:
		slices.Reverse(rows)
	case PagesSwapped:
		for i := 0; i+1 < len(rows); i += 2 {
			rows[i], rows[i+1] = rows[i+1], rows[i]
		}
	}
	return rows
}

// hiddenEvery is after how many rows there is one that may not be seen.
const hiddenEvery = 40

// ListPage is a page of the list as it stands now.
func (p *Provider) ListPage(o seam.ListOptions) seam.Page {
	var all []seam.Prediction
	for _, e := range slices.Backward(p.Ledger) {
		shown := p.Show(e, o.IncludeInputs)
		at := p.Clock(e.Accepted)
		if time.Now().Before(e.Listed) || e.Deleted ||
			o.Model != "" && shown.Model != o.Model || o.State != "" && shown.State != o.State ||
			!o.CreatedAfter.IsZero() && at.Before(o.CreatedAfter) || !o.CreatedBefore.IsZero() && at.After(o.CreatedBefore) {
			continue
		}
		shown.Outputs = nil
		all = append(all, shown)
	}
	items, total, more := page(p, all, o.Page, o.PageSize)
	return seam.Page{Items: items, Total: total, More: more}
}

// ChargesPage is a page of the charges as they stand now.
func (p *Provider) ChargesPage(o seam.ChargesOptions) seam.ChargePage {
	var all []seam.Charge
	for _, e := range slices.Backward(p.Ledger) {
		if time.Now().Before(e.Charged) || o.PredictionIDs != nil && !slices.Contains(o.PredictionIDs, e.ID) {
			continue
		}
		record := seam.Charge{
			ID: "c-" + e.ID, Kind: seam.ChargeDeduct, PredictionID: e.ID, Model: p.listedModel(e), Amount: e.Price, Settled: true, CreatedAt: p.Clock(e.Accepted),
		}
		if !p.Keyless {
			record.Key = seam.AccessKey{UUID: e.Key, Name: "key"}
		}
		if o.Kind == "" || o.Kind == seam.ChargeDeduct {
			all = append(all, record)
		}
		if e.Status == "failed" && e.Ended() && (o.Kind == "" || o.Kind == seam.ChargeRefund) {
			refund := record
			refund.ID, refund.Kind = "r-"+e.ID, seam.ChargeRefund
			all = append([]seam.Charge{refund}, all...) // the newest
		}
	}
	items, total, more := page(p, all, o.Page, o.PageSize)
	return seam.ChargePage{Items: items, Total: total, More: more}
}

// Billed is the sum of what was charged and is not refunded.
func (p *Provider) Billed() (sum generation.USD) {
	for _, e := range p.Ledger {
		if !e.Foreign && e.Status != "failed" {
			sum = usd.Add(sum, e.Price)
		}
	}
	return sum
}
