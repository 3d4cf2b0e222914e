package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/searchattribute/sadefs"
)

// knownPragmas are the SQLite pragmas that --sqlite-pragma accepts. SQLite itself ignores
// unknown names, so a typo would go unnoticed.
var knownPragmas = []string{
	"busy_timeout", "cache_size", "journal_mode", "journal_size_limit", "locking_mode",
	"mmap_size", "synchronous", "temp_store", "wal_autocheckpoint",
}

// cutPair splits the key=value argument of a flag.
func cutPair(flag, text string) (key, value string, err error) {
	key, value, found := strings.Cut(text, "=")
	key, value = strings.TrimSpace(key), strings.TrimSpace(value)
	if !found || key == "" || value == "" {
		return "", "", fmt.Errorf("%s %q: want name=value", flag, text)
	}
	return key, value, nil
}

func parseSearchAttributes(texts []string) (searchAttributes, error) {
	const flag = "--search-attribute"
	attributes := make(searchAttributes, len(texts))
	for _, text := range texts {
		name, typeName, err := cutPair(flag, text)
		if err != nil {
			return nil, err
		}
		valueType, err := enumspb.IndexedValueTypeFromString(typeName)
		if err != nil || valueType == enumspb.INDEXED_VALUE_TYPE_UNSPECIFIED {
			return nil, fmt.Errorf("%s %q: type %q is not one of %s", flag, text, typeName, strings.Join(searchAttributeTypes(), ", "))
		}
		if sadefs.IsReserved(name) {
			return nil, fmt.Errorf("%s %q: Temporal keeps the name %q for itself", flag, text, name)
		}
		if before, ok := attributes[name]; ok && before != valueType {
			return nil, fmt.Errorf("%s %q: %s was given as %s before", flag, text, name, before)
		}
		attributes[name] = valueType
	}
	return attributes, nil
}

func searchAttributeTypes() []string {
	var names []string
	for number := range enumspb.IndexedValueType_name {
		if t := enumspb.IndexedValueType(number); t != enumspb.INDEXED_VALUE_TYPE_UNSPECIFIED {
			names = append(names, t.String())
		}
	}
	slices.Sort(names)
	return names
}

func parsePragmas(texts []string) (map[string]string, error) {
	const flag = "--sqlite-pragma"
	pragmas := make(map[string]string, len(texts))
	for _, text := range texts {
		name, value, err := cutPair(flag, text)
		if err != nil {
			return nil, err
		}
		name = strings.ToLower(name)
		if err := oneOf(flag, name, knownPragmas); err != nil {
			return nil, err
		}
		pragmas[name] = value
	}
	return pragmas, nil
}

// parseDynamicConfig also returns the names of settings that the server doesn't know. It only
// ignores them, because other releases know other settings.
func parseDynamicConfig(texts []string) (values map[dynamicconfig.Key]any, unknown []string, err error) {
	const flag = "--dynamic-config-value"
	values = make(map[dynamicconfig.Key]any, len(texts))
	for _, text := range texts {
		name, value, err := cutPair(flag, text)
		if err != nil {
			return nil, nil, err
		}
		if !json.Valid([]byte(value)) {
			return nil, nil, fmt.Errorf("%s %q: the value is not JSON (a string needs its quotes)", flag, text)
		}
		// JSON is YAML too, and the server's own reader of YAML knows the
		// type of every setting.
		var loader dynamicconfig.YamlLoader
		key := dynamicconfig.MakeKey(name)
		loader.LoadValue(key, []byte("- value: "+value))
		if err := loader.Err(); err != nil {
			return nil, nil, fmt.Errorf("%s %q: %w", flag, text, err)
		}
		for _, warning := range loader.Warnings {
			// A warning that wraps a cause is a value of the wrong type.
			if cause := errors.Unwrap(warning); cause != nil {
				return nil, nil, fmt.Errorf("%s %q: %w", flag, text, cause)
			}
			unknown = append(unknown, name)
		}
		values[key] = loader.Map[key]
	}
	return values, unknown, nil
}
