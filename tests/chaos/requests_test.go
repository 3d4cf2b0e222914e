package chaos

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// timing has doubts end soon.
var timing = generation.Timing{
	Submit: 6 * time.Second,
	Settle: 8 * time.Second,
	Grace:  6 * time.Second,
	Poll:   time.Second,
}

// timeout is that of each generation. One that stays undecided lasts as long, so a small
// campaign has less of it.
func timeout() time.Duration {
	if small() {
		return 150 * time.Second
	}
	return 8 * time.Minute
}

// request asks for generation i, with a unique prompt. The provider doesn't list it the way it
// was sent.
func request(i int) generation.Request {
	model, input := plain, map[string]any{"prompt": "  " + nameOf(i) + "\n"}
	switch i % 10 {
	case 4:
		model = seedless
	case 5:
		input["seed"] = -1
	case 6:
		model, input["image"] = edit, fmt.Sprintf("https://example.com/%d.png?token=1", i)
	case 7:
		model, input["num_inference_steps"], input["not_in_the_schema"] = lora, "30", true
	case 8:
		model, input["seed"] = turbo, 7
	}
	return generation.Request{Model: model, Input: input, Timeout: timeout(), Timing: timing}
}

// plainRequest is the same, of one model.
func plainRequest(i int) generation.Request {
	return generation.Request{Model: plain, Input: map[string]any{"prompt": nameOf(i)}, Timeout: timeout(), Timing: timing}
}

// nameOf is what the prompt of generation i says.
func nameOf(i int) string { return fmt.Sprintf("scene %d.", i) }

// nameIn is the name in an input.
func nameIn(input json.RawMessage) string {
	var fields struct {
		Prompt string `json:"prompt"`
	}
	_ = json.Unmarshal(input, &fields)
	return strings.TrimSpace(fields.Prompt)
}

// drawsSeed tells whether a submit of the request draws a seed.
func drawsSeed(request generation.Request) bool {
	seed, given := request.Input.(map[string]any)["seed"]
	return request.Model != seedless && (!given || seed == -1)
}
