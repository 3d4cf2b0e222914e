package wavespeedtest

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/catalogue"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/inputs"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/money"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/reply"
)

const (
	statusCreated    = "created"
	statusProcessing = "processing"
	statusCompleted  = "completed"
	statusFailed     = "failed"
	statusCancelled  = "cancelled"
	statusDeleted    = "deleted"
)

// prediction is an accepted submit. The server's lock guards what changes.
type prediction struct {
	id      string
	account *account
	key     accessKey
	model   *catalogue.Model
	stored  json.RawMessage // the input as it is shown
	input   inputs.Input    // as it was sent, without unknown fields
	webhook string
	price   money.Dollars // what is charged
	full    money.Dollars // without a discount
	born    birth
	faults  map[Kind]Fault
	entry   *Entry
	bill    *bill

	status  string
	begun   time.Time
	running bool // counts as one of the account's concurrent ones
	ended   bool
	dropped bool // by a reset
	removed bool // by its owner
	took    time.Duration
	outputs []any
	nsfw    json.RawMessage
	code    int
	problem any // text or object

	done      chan struct{} // closed at its end
	delivered chan struct{} // closed when the webhook was sent once, or never will be
}

// newID returns 32 hexadecimal digits, like the provider's ids.
func newID() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	return hex.EncodeToString(random[:])
}

// drop lets a prediction never end. The caller holds the lock.
func (p *prediction) drop() {
	if !p.ended && !p.dropped {
		close(p.done)
	}
	p.dropped = true
}

// set changes the status, in the ledger too. The caller holds the lock.
func (p *prediction) set(status string) {
	p.status = status
	p.entry.Status = status
}

// wire is the prediction as it is now. The caller holds the lock.
func (s *Server) wire(p *prediction) reply.Prediction {
	wire := reply.Prediction{
		ID: p.id, Code: p.code, Error: p.problem, Model: s.listedName(p.model), Status: p.status, Outputs: p.outputs,
		NSFW: p.nsfw, Timings: reply.Timings{Inference: p.took.Milliseconds()},
		URLs:      &reply.URLs{Get: s.base + "/api/v3/predictions/" + p.id + "/result"},
		CreatedAt: p.born.told.UTC().Format(time.RFC3339Nano),
	}
	if s.behavior.Load().ResultInputs {
		wire.Input = p.stored
	}
	if wire.Error == nil {
		wire.Error = ""
	}
	if wire.Outputs == nil {
		wire.Outputs = []any{}
	}
	return wire
}

// listedName returns the name of a model everywhere except in submits.
func (s *Server) listedName(m *catalogue.Model) string {
	if alias := s.behavior.Load().Aliases[m.ID]; alias != "" {
		return alias
	}
	return m.ID
}

// find returns the caller's prediction with this id; nil if there is none. The caller holds the
// lock.
func (s *Server) find(a *account, id string) *prediction {
	p := s.predictions[id]
	if p == nil || p.account != a || s.expired(p.born) {
		return nil
	}
	if p.removed && !s.behavior.Load().ShowDeleted {
		return nil
	}
	return p
}

// extension is that of the files which the prediction gives.
func (p *prediction) extension() string {
	switch Output(p.model.Output) {
	case OutputVideo, OutputUpscaledVideo:
		return "gif"
	case OutputAudio:
		return "wav"
	case OutputMesh:
		return "glb"
	default:
		if p.input.Text("output_format") == "jpeg" {
			return "jpeg"
		}
		return "png"
	}
}

// strike reports whether a fault hits the prediction, and counts it. The caller holds the lock.
func (s *Server) strike(p *prediction, kind Kind) (Fault, bool) {
	fault, hit := p.faults[kind]
	if hit {
		s.tally.Faults[kind]++
	}
	return fault, hit
}

// produce is the list of outputs. The caller holds the lock.
func (s *Server) produce(p *prediction) []any {
	output := s.output(p)
	outputs := make([]any, p.count())
	for n := range outputs {
		outputs[n] = output(n + 1)
	}
	if _, hit := s.strike(p, OutputsEmpty); hit {
		return nil
	}
	return outputs
}

// output makes the form that the prediction's outputs have.
func (s *Server) output(p *prediction) func(n int) any {
	url := func(n int) string { return fmt.Sprintf("%s/outputs/%s/%d.%s", s.base, p.id, n, p.extension()) }
	if _, hit := s.strike(p, OutputsObject); hit {
		return func(n int) any { return map[string]any{"url": url(n), "index": n - 1} }
	}
	if fault, hit := s.strike(p, OutputsText); hit {
		return func(int) any { return fault.value("A text in the place of a file.") }
	}
	if _, hit := s.strike(p, OutputsBase64); hit || p.input.Is("enable_base64_output") {
		return func(n int) any { return inline{s: s, p: p, n: n} }
	}
	if Output(p.model.Output) == OutputText {
		return func(int) any { return optimized(p.input) }
	}
	return func(n int) any { return url(n) }
}

// count is the number of outputs.
func (p *prediction) count() int { return min(max(int(p.input.Number("num_images", 1)), 1), 10) }

// flags is has_nsfw_contents; nil leaves it out. The caller holds the lock.
func (s *Server) flags(p *prediction) json.RawMessage {
	if _, hit := s.strike(p, NSFWAbsent); hit {
		return nil
	}
	if _, hit := s.strike(p, NSFWNull); hit {
		return json.RawMessage("null")
	}
	flags := make([]bool, p.count())
	if _, hit := s.strike(p, NSFWFlagged); hit {
		for n := range flags {
			flags[n] = true
		}
	}
	return reply.Encode(flags)
}

// inline is a file in base64, made when it is written.
type inline struct {
	s *Server
	p *prediction
	n int
}

func (i inline) MarshalJSON() ([]byte, error) {
	file := i.s.render(i.p, i.n)
	return json.Marshal(base64.StdEncoding.EncodeToString(file))
}

// optimized is what the model of texts makes of one.
func optimized(in inputs.Input) string {
	text := in.Text("text")
	if text == "" {
		text = in.Text("prompt")
	}
	return text + ", in soft morning light, highly detailed, with a calm composition and natural colours"
}
