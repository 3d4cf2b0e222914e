package wavespeed

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
)

// object is a JSON object whose keys are matched exactly. encoding/json would accept "ID" for
// "id" in a struct.
type object map[string]json.RawMessage

// text returns the member as a string; "" if it is not a string.
func (o object) text(key string) string {
	var text string
	if json.Unmarshal(o[key], &text) != nil {
		return ""
	}
	return text
}

func (o object) object(key string) object {
	var inner object
	if json.Unmarshal(o[key], &inner) != nil {
		return nil
	}
	return inner
}

// number returns the member as an integer, even if it is written as 12.0 or "12".
func (o object) number(key string) int64 {
	var number float64
	if json.Unmarshal(o[key], &number) != nil {
		var text json.Number
		if json.Unmarshal(o[key], &text) != nil {
			return 0
		}
		number, _ = text.Float64()
	}
	const largest = 1 << 53
	if number != number || number > largest || number < -largest {
		return 0
	}
	return int64(number)
}

// code returns the code of the envelope {"code":200,"message":"success","data":…}. In a
// prediction without envelope, the same name means something else.
func (a answer) code() int {
	if a.object["data"] == nil && a.object["id"] != nil {
		return 0
	}
	return int(a.object.number("code"))
}

// ok reports whether both the HTTP status and the envelope's code are a success.
func (a answer) ok() bool {
	return a.status >= 200 && a.status < 300 && (a.code() == 0 || a.code() >= 200 && a.code() < 300)
}

// data returns the envelope's content, or the body if there is no envelope.
func (a answer) data() json.RawMessage {
	if data, enveloped := a.object["data"]; enveloped {
		return data
	}
	body, _ := json.Marshal(a.object)
	return body
}

// message returns the explanation from one of the known error shapes: {"message":…},
// {"error":…}, {"detail":…}.
func (a answer) message() string {
	for _, key := range []string{"message", "error", "detail", "errors"} {
		if text := flatten(a.object[key]); text != "" && text != "success" {
			return text
		}
	}
	return a.text
}

// flatten extracts the text of an explanation: a string, an object that contains one, or a list
// of these.
func flatten(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var inner object
	if json.Unmarshal(raw, &inner) == nil {
		for _, key := range []string{"message", "msg", "error", "detail"} {
			if text := inner.text(key); text != "" {
				return text
			}
		}
		return plain(inner)
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil && len(list) > 0 {
		return flatten(list[0])
	}
	return ""
}

// plain formats a small object without needless escapes, which could hide a secret.
func plain(o object) string {
	size := 0
	for key, raw := range o {
		size += len(key) + len(raw)
	}
	if size == 0 || size > 4*maxMessageBytes {
		return ""
	}
	members := make(map[string]any, len(o))
	for key, raw := range o {
		var member any
		if json.Unmarshal(raw, &member) == nil {
			members[key] = member
		}
	}
	text, err := encode(members)
	if err != nil {
		return ""
	}
	return string(text)
}

// failure returns the error for an unsuccessful response.
func (c *Client) failure(r call, got answer) *Error {
	said := &report{
		StatusCode: got.status, Code: got.code(), Foreign: !got.documented(),
		ErrorCode: plaintext.Clip(c.clean(r, got.object.text("error_code")), 100),
		Message:   c.clean(r, got.message()),
	}
	failed := said.of(r.op, r.subject, acceptance(said.Status()))
	failed.RetryAfter = got.retryAfter
	return failed
}

// unreadable returns the error for a success whose body is useless.
func (c *Client) unreadable(r call, got answer, err error) *Error {
	said := &report{StatusCode: got.status, Err: c.cause(r, err)}
	return said.of(r.op, r.subject, provider.MaybeAccepted)
}

// fault returns the error for a request without a response.
func (c *Client) fault(r call, accepted provider.Acceptance, err error) *Error {
	said := &report{Err: c.cause(r, err)}
	return said.of(r.op, r.subject, accepted)
}

// invalid returns the error for a request that is not sent.
func (c *Client) invalid(r call, reason string) *Error {
	said := &report{Message: c.clean(r, reason), Err: errInvalid}
	return said.of(r.op, r.subject, provider.NeverSent)
}

func (c *Client) cause(r call, err error) error {
	return cause{text: c.clean(r, err.Error()), err: err}
}

// odd is the error for a success that lacks what was asked for.
func odd(op, subject, message string) *Error {
	said := &report{StatusCode: http.StatusOK, Message: message}
	return said.of(op, subject, provider.MaybeAccepted)
}

// oddly is the error for a success that holds what can't be read.
func oddly(op string, err error) *Error {
	said := &report{StatusCode: http.StatusOK, Err: err}
	return said.of(op, "", provider.MaybeAccepted)
}

func (c *Client) clean(r call, text string) string {
	return clean(text, append([]string{c.options.APIKey}, r.secrets...)...)
}

var errNoPrediction = errors.New("the response names no prediction")

// prediction returns the prediction in the response, if any. In an error without an envelope,
// an id alone is not enough: it may be the request's id.
func (a answer) prediction() (Prediction, bool) {
	if a.object == nil {
		return Prediction{}, false
	}
	p, err := readPrediction(a.data())
	if err != nil || validateID(p.ID) != nil {
		return Prediction{}, false
	}
	return p, a.ok() || p.State != provider.StateUnknown || p.Model != "" || a.object["data"] != nil
}
