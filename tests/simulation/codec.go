package simulation

import (
	"errors"
	"hash/fnv"
	"sync"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// codecs are those of all processes. For a while they fail to encode some results of submits, as
// if their key server did not answer.
type codecs struct {
	converter.DataConverter
	mu    sync.Mutex
	works map[string]time.Time // from when on, by prediction
}

const (
	// unencoded is the part of results that cannot be encoded at first.
	unencoded = 0.3

	// keyless is for how long at most.
	keyless = 2 * time.Minute
)

func newCodecs() *codecs {
	return &codecs{DataConverter: converter.GetDefaultDataConverter(), works: make(map[string]time.Time)}
}

func (c *codecs) ToPayloads(values ...any) (*commonpb.Payloads, error) {
	for _, value := range values {
		if submitted, is := value.(wire.Submitted); is && submitted.PredictionID != "" && c.fails(submitted.PredictionID) {
			return nil, errors.New("the key server does not answer")
		}
	}
	return c.DataConverter.ToPayloads(values...)
}

// fails draws by name, because activities encode at the same time.
func (c *codecs) fails(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.works[id].IsZero() {
		name := fnv.New64a()
		_, _ = name.Write([]byte(id))
		c.works[id] = time.Now()
		if d := newDice(name.Sum64(), 0xc0de); d.chance(unencoded) {
			c.works[id] = time.Now().Add(d.between(time.Second, keyless))
		}
	}
	return time.Now().Before(c.works[id])
}
