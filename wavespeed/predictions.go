package wavespeed

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// Result reads a prediction, ended or not. The provider keeps predictions for
// seven days.
func (c *Client) Result(ctx context.Context, id string) (Prediction, error) {
	r := call{op: opResult, subject: id, method: http.MethodGet, path: "/predictions/" + url.PathEscape(id) + "/result"}
	if err := validateID(id); err != nil {
		r.subject = ""
		return Prediction{}, c.invalid(r, err.Error())
	}
	got, err := c.exchange(ctx, c.reads, r)
	if err != nil {
		return Prediction{}, err
	}
	p, named := got.prediction()
	switch {
	case named && p.ID == id && p.Status != "" && (got.ok() || p.Status.Terminal()):
		return c.tidy(p), nil
	case !got.ok():
		return Prediction{}, c.failure(r, got)
	case named && p.ID != id:
		return Prediction{}, c.unreadable(r, got, errors.New("the answer is about another prediction"))
	default:
		return Prediction{}, c.unreadable(r, got, errNoPrediction)
	}
}

// ListOptions selects predictions of the last seven days.
type ListOptions struct {
	// CreatedAfter and CreatedBefore bound when they were accepted, by the
	// provider's clock, to the millisecond. Default to no bound.
	CreatedAfter, CreatedBefore time.Time

	// IncludeInputs asks for each prediction's input. The provider's documentation
	// does not promise it.
	IncludeInputs bool

	// Model selects by the model's id. Defaults to all.
	Model string

	// Page counts from 1. Defaults to 1.
	Page int

	// PageSize is how many to answer at once, at most 100. Defaults to 100.
	PageSize int

	// Status selects by status: completed, failed, processing or created.
	// Defaults to all.
	Status string
}

// Page is a part of the list of predictions, newest first.
type Page struct {
	Items []Prediction

	// Total is how many predictions the provider says there are; nil if it doesn't.
	Total *int

	// More is whether the provider says there is another page; nil if it doesn't.
	More *bool
}

// List reads a page of the account's predictions, which include those made by
// others in the organization and on the provider's web pages. New predictions may
// show in it late. A page with an item that can't be read is an error.
func (c *Client) List(ctx context.Context, options ListOptions) (Page, error) {
	r := call{op: opList, method: http.MethodPost, path: "/predictions", readOnly: true}
	body, err := options.body()
	if err != nil {
		return Page{}, c.invalid(r, err.Error())
	}
	r.body = body
	var data pageData
	if err := c.ask(ctx, r, &data); err != nil {
		return Page{}, err
	}
	page := Page{Items: make([]Prediction, len(data.items)), Total: data.total, More: data.more}
	for i, item := range data.items {
		var p Prediction
		if json.Unmarshal(item, &p) != nil || p.ID == "" {
			return Page{}, &Error{Op: opList, StatusCode: http.StatusOK, Err: errors.New("the list holds a prediction that can't be read")}
		}
		page.Items[i] = c.tidy(p)
	}
	return page, nil
}

type listBody struct {
	Page          int    `json:"page"`
	PageSize      int    `json:"page_size"`
	Model         string `json:"model,omitempty"`
	Status        string `json:"status,omitempty"`
	CreatedAfter  string `json:"created_after,omitempty"`
	CreatedBefore string `json:"created_before,omitempty"`
	IncludeInputs bool   `json:"include_inputs,omitempty"`
}

func (o ListOptions) body() (listBody, error) {
	page, size, err := pageNumbers(o.Page, o.PageSize)
	if err != nil {
		return listBody{}, err
	}
	return listBody{
		Page: page, PageSize: size, Model: o.Model, Status: o.Status, IncludeInputs: o.IncludeInputs,
		CreatedAfter: millisecondBefore(o.CreatedAfter), CreatedBefore: millisecondAfter(o.CreatedBefore),
	}, nil
}

// Delete removes predictions for good, and tells how many. The provider passes
// over ids that it does not know and predictions that have not ended: deleting is
// not cancelling.
func (c *Client) Delete(ctx context.Context, ids ...string) (int, error) {
	r := call{op: opDelete, method: http.MethodPost, path: "/predictions/delete"}
	if len(ids) == 0 {
		return 0, nil
	}
	for _, id := range ids {
		if err := validateID(id); err != nil {
			return 0, c.invalid(r, err.Error())
		}
	}
	r.body = map[string][]string{"ids": ids}
	var data struct {
		Count int `json:"deleted_count"`
	}
	if err := c.ask(ctx, r, &data); err != nil {
		return 0, err
	}
	return data.Count, nil
}

// validateID is not a rule of the provider, whose ids are 32 hexadecimal digits today.
func validateID(id string) error {
	switch {
	case id == "":
		return errors.New("the prediction's id is empty")
	case len(id) > 256:
		return errors.New("the prediction's id has more than 256 bytes")
	case id == "." || id == "..":
		return errors.New("the prediction's id is a dot")
	}
	return nil
}
