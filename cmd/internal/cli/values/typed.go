package values

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/jsonvalue"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/file"
)

// errNotUTF8 rejects an argument whose bytes would turn into U+FFFD.
var errNotUTF8 = errors.New("is not UTF-8; set your terminal to UTF-8, or give a file, such as @text.txt")

// typedForms describe how to write a value on a command line.
var typedForms = map[string]string{
	plan.TypeBoolean: "true or false",
	plan.TypeInteger: "a whole number",
	plan.TypeNumber:  "a number",
	plan.TypeArray:   `a list, such as ["a", "b"], or a file, such as @rows.csv`,
	plan.TypeObject:  `an object, such as {"a": 1}, or a file, such as @data.yaml`,
}

// readTyped parses a value by its declared type.
func readTyped(kind, given string) (any, error) {
	if path, isFile := strings.CutPrefix(given, "@"); isFile {
		return readValue(path)
	}
	switch kind {
	case plan.TypeBoolean:
		if given != "true" && given != "false" {
			return nil, mistyped(kind, given, plan.BooleanHint(given))
		}
		return given == "true", nil
	case plan.TypeInteger, plan.TypeNumber:
		return readNumber(kind, given)
	}
	if !json.Valid([]byte(given)) {
		return nil, fmt.Errorf("must be %s", typedForms[kind])
	}
	value, err := file.Value("value", []byte(given))
	if err != nil {
		return nil, err
	}
	return jsonvalue.Of(value)
}

// maxShown is how many bytes of a value an error quotes.
const maxShown = 40

func mistyped(kind, given, cure string) error {
	return fmt.Errorf("must be %s; got %q%s", typedForms[kind], plaintext.Clip(given, maxShown), cure)
}

// jsonNumber matches a JSON number.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

func readNumber(kind, given string) (any, error) {
	if !jsonNumber.MatchString(given) {
		return nil, mistyped(kind, given, numberCure(kind, given))
	}
	value, err := jsonvalue.Decode([]byte(given))
	if err != nil {
		return nil, err
	}
	_, whole := value.(int)
	_, fraction := value.(float64)
	switch {
	case whole, fraction && kind == plan.TypeNumber:
		return value, nil
	case fraction:
		return nil, mistyped(kind, given, "")
	default:
		return nil, mistyped(kind, given, fmt.Sprintf(", which is too large; the largest is %d", math.MaxInt))
	}
}

var (
	thousands = regexp.MustCompile(`^[-+]?[0-9]{1,3}([,.'_][0-9]{3})+$`)
	beginning = regexp.MustCompile(`^[-+]?[0-9]+([.,][0-9]+)?`)
)

// numberCure suggests the intended number, if it is clear.
func numberCure(kind, given string) string {
	number := beginning.FindString(strings.TrimSpace(given))
	if number == "" || thousands.MatchString(given) {
		return "; write digits only, such as 1000"
	}
	sign := ""
	if strings.HasPrefix(number, "-") {
		sign = "-"
	}
	number = strings.Replace(strings.TrimLeft(number, "+-0"), ",", ".", 1)
	if number == "" || number[0] == '.' {
		number = "0" + number
	}
	if kind == plan.TypeInteger && strings.Contains(number, ".") {
		return ""
	}
	return "; write " + sign + number
}

// readValue reads CSV as a list of objects, and JSON or YAML as is.
func readValue(path string) (any, error) {
	kind := strings.ToLower(filepath.Ext(path))
	if !slices.Contains([]string{".csv", ".json", ".yaml", ".yml"}, kind) {
		return nil, fmt.Errorf("%s is not a .csv, .json or .yaml file", path)
	}
	content, err := readData(path)
	if err != nil {
		return nil, err
	}
	if kind == ".csv" {
		return readCSV(path, content)
	}
	value, err := file.Value(path, content)
	if err != nil {
		return nil, err
	}
	return jsonvalue.Of(value)
}
