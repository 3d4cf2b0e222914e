package jsonvalue_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/jsonvalue"
)

// TestNumbers: whole ones are int wherever they come from, since an index must be whole.
func TestNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{
		`1`: 1, `1.0`: 1, `1e3`: 1000, `-0`: 0, `1.5`: 1.5, `9007199254740993`: 9007199254740993, `1e300`: 1e300,
		`{"a":[1,2.0,{"b":3}]}`: map[string]any{"a": []any{1, 2, map[string]any{"b": 3}}},
		`"1"`:                   "1", `true`: true, `null`: nil,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got, err := jsonvalue.Decode([]byte(text))
			require.NoError(t, err)
			require.Equal(t, want, got)
			again, err := jsonvalue.Of(got)
			require.NoError(t, err)
			require.Equal(t, want, again)
		})
	}
	_, err := jsonvalue.Decode([]byte(`{"a":`))
	require.Error(t, err)
	_, err = jsonvalue.Of(make(chan int))
	require.Error(t, err)
}
