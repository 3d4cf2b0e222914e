package wavespeedtest

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// wirePrediction is a prediction as the provider writes it, in its order of fields.
type wirePrediction struct {
	ID        string          `json:"id"`
	Code      int             `json:"code"`
	URLs      *wireURLs       `json:"urls,omitempty"`
	Error     any             `json:"error"`
	Model     string          `json:"model"`
	Status    string          `json:"status"`
	Outputs   []any           `json:"outputs"`
	NSFW      json.RawMessage `json:"has_nsfw_contents,omitempty"`
	Timings   wireTimings     `json:"timings"`
	CreatedAt string          `json:"created_at"`
	Input     json.RawMessage `json:"input,omitempty"`
}

type wireURLs struct {
	Get string `json:"get"`
}

type wireTimings struct {
	Inference int64 `json:"inference"`
}

type envelope struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    any    `json:"data,omitempty"`
}

func writeData(w http.ResponseWriter, data any) {
	writeJSON(w, http.StatusOK, envelope{Code: http.StatusOK, Message: "success", Data: data})
}

// writeProblem answers an error in the provider's shape, which has no data.
func writeProblem(w http.ResponseWriter, status int, format string, args ...any) {
	writeJSON(w, status, envelope{Code: status, Message: fmt.Sprintf(format, args...)})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	writeRaw(w, status, "application/json", encodeJSON(body))
}

func writeRaw(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone
}

func encodeJSON(value any) []byte {
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(err) // every value is one of this package's own
	}
	return encoded
}

const maxBody = 64 << 20

// readJSON decodes a request's body, or answers why it cannot.
func readJSON(w http.ResponseWriter, r *http.Request, into any) bool {
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(into)
	if err != nil {
		writeProblem(w, http.StatusBadRequest, "invalid request body: unexpected JSON")
		return false
	}
	return true
}

// readControl is readJSON for our own paths, and says what is wrong.
func readControl(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(into); err != nil {
		writeProblem(w, http.StatusBadRequest, "%v", err)
		return false
	}
	return true
}
