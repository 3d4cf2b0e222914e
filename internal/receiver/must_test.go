package receiver

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMustPanics(t *testing.T) {
	t.Parallel()
	require.Equal(t, 1, must(1, nil))
	require.Panics(t, func() { must(1, errors.New("no key")) })
}
