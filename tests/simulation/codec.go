package simulation

import (
	"errors"
	"hash/fnv"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// codec fails to encode some results of submits, as one does whose key server does not answer.
type codec struct {
	converter.DataConverter
	world *world
}

// unencoded is the part of results that cannot be encoded, in worlds where that happens.
const unencoded = 0.3

func (c codec) ToPayloads(values ...any) (*commonpb.Payloads, error) {
	for _, value := range values {
		submitted, is := value.(wire.Submitted)
		if is && c.world.codecs && c.world.fails(submitted.PredictionID) {
			return nil, errors.New("the key server does not answer")
		}
	}
	return c.DataConverter.ToPayloads(values...)
}

// fails draws by name, because activities encode at the same time.
func (w *world) fails(id string) bool {
	name := fnv.New64a()
	_, _ = name.Write([]byte(id))
	return newDice(name.Sum64(), 0xc0de).chance(unencoded)
}
