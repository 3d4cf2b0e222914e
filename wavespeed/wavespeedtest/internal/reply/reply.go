// Package reply writes answers over HTTP as the provider writes them, and as a broken connection
// to it leaves them.
package reply

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// Prediction is a prediction as the provider writes it, in its order of fields.
type Prediction struct {
	ID        string          `json:"id"`
	Code      int             `json:"code"`
	URLs      *URLs           `json:"urls,omitempty"`
	Error     any             `json:"error"`
	Model     string          `json:"model"`
	Status    string          `json:"status"`
	Outputs   []any           `json:"outputs"`
	NSFW      json.RawMessage `json:"has_nsfw_contents,omitempty"`
	Timings   Timings         `json:"timings"`
	CreatedAt string          `json:"created_at"`
	Input     json.RawMessage `json:"input,omitempty"`
}

// URLs is where a prediction can be read.
type URLs struct {
	Get string `json:"get"`
}

// Timings is how long it took, in milliseconds.
type Timings struct {
	Inference int64 `json:"inference"`
}

// Envelope surrounds every answer of the API.
type Envelope struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    any    `json:"data,omitempty"`
}

// Data answers 200.
func Data(w http.ResponseWriter, data any) {
	JSON(w, http.StatusOK, Envelope{Code: http.StatusOK, Message: "success", Data: data})
}

// Problem answers an error in the provider's shape, which has no data.
func Problem(w http.ResponseWriter, status int, format string, args ...any) {
	JSON(w, status, Envelope{Code: status, Message: fmt.Sprintf(format, args...)})
}

// JSON answers in another shape.
func JSON(w http.ResponseWriter, status int, body any) {
	Raw(w, status, "application/json", Encode(body))
}

// Raw answers with these bytes.
func Raw(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone
}

// Encode returns a value as JSON.
func Encode(value any) []byte {
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(err) // every value is one of the simulator's own
	}
	return encoded
}

// MaxBody is the largest body of a request.
const MaxBody = 64 << 20

// Read decodes a request's body, or answers why it cannot.
func Read(w http.ResponseWriter, r *http.Request, into any) bool {
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, MaxBody)).Decode(into)
	if err != nil {
		Problem(w, http.StatusBadRequest, "invalid request body: unexpected JSON")
		return false
	}
	return true
}
