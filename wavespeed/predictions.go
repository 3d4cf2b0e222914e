package wavespeed

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
)

// Result reads a prediction, whether or not it has ended. The provider keeps predictions for
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
	case named && p.ID == id && p.State != provider.StateUnknown && (got.ok() || p.State.Terminal()):
		return c.tidy(p), nil
	case !got.ok():
		return Prediction{}, c.failure(r, got)
	case named && p.ID != id:
		return Prediction{}, c.unreadable(r, got, errors.New("the response is about another prediction"))
	default:
		return Prediction{}, c.unreadable(r, got, errNoPrediction)
	}
}

// ListOptions selects predictions of the last seven days.
type ListOptions = provider.ListOptions

// List reads a page of the account's predictions, including those made by others in the
// organization and on the provider's website. New predictions may appear late. A page with an
// unreadable item is an error.
func (c *Client) List(ctx context.Context, options ListOptions) (provider.Page, error) {
	r := call{op: opList, method: http.MethodPost, path: "/predictions", readOnly: true}
	body, err := listBodyOf(options)
	if err != nil {
		return provider.Page{}, c.invalid(r, err.Error())
	}
	r.body = body
	var data pageData
	if err := c.ask(ctx, r, &data); err != nil {
		return provider.Page{}, err
	}
	page := provider.Page{Items: make([]Prediction, len(data.items)), Total: data.total, More: data.more}
	for i, item := range data.items {
		p, err := readPrediction(item)
		if err != nil || p.ID == "" {
			return provider.Page{}, oddly(opList, errors.New("the list contains an unreadable prediction"))
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

func listBodyOf(o ListOptions) (listBody, error) {
	page, size, err := pageNumbers(o.Page, o.PageSize)
	if err != nil {
		return listBody{}, err
	}
	return listBody{
		Page: page, PageSize: size, Model: o.Model, Status: statusOf(o.State), IncludeInputs: o.IncludeInputs,
		CreatedAfter: millisecondBefore(o.CreatedAfter), CreatedBefore: millisecondAfter(o.CreatedBefore),
	}, nil
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
