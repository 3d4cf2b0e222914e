package webhook

import "errors"

const (
	// maxMemberBytes bounds a member of a large body, beside the input. Of outputs a signal
	// takes less.
	maxMemberBytes = 2 * maxSignalBytes

	// maxTrimmedBytes bounds what is kept of a large body.
	maxTrimmedBytes = 4 * maxSignalBytes

	// maxDepth is that of encoding/json.
	maxDepth = 10_000
)

var errNotAnObject = errors.New("webhook: the body is not one JSON object")

// trimmer reads a JSON object of any size and keeps its small members: all that a signal
// needs. Of the input in it, it keeps the seed. What it keeps is JSON if what it reads is.
type trimmer struct {
	only    string // the name, in quotes, of the one member to keep; "" for all
	kept    []byte // members, each behind a comma
	omitted bool   // the outputs were too large
	dropped bool   // something else was

	depth           int // of brackets
	began, broken   bool
	inText, escaped bool // in a string; behind a backslash there

	name, value   []byte // of the member under way
	inValue, over bool   // behind its colon; too large
	inner         *trimmer
}

// Write takes a part of the body.
func (t *trimmer) Write(part []byte) (int, error) {
	for _, c := range part {
		t.next(c)
	}
	return len(part), nil
}

// object is what is kept, once all is written.
func (t *trimmer) object() ([]byte, error) {
	if !t.began || t.broken || t.depth > 0 {
		return nil, errNotAnObject
	}
	if len(t.kept) == 0 {
		return []byte("{}"), nil
	}
	t.kept[0] = '{'
	return append(t.kept, '}'), nil
}

func (t *trimmer) next(c byte) {
	if t.inText {
		t.inText = c != '"' || t.escaped
		t.escaped = c == '\\' && !t.escaped
		t.add(c)
		return
	}
	switch c {
	case ' ', '\t', '\r', '\n':
	case '{', '[':
		t.open(c)
	case '}', ']':
		t.close(c)
	case ':':
		t.colon(c)
	case ',':
		t.comma(c)
	default:
		t.inText = c == '"'
		t.add(c)
	}
}

func (t *trimmer) open(c byte) {
	if t.depth > 0 {
		t.add(c)
	} else if t.began || c != '{' {
		t.broken = true
	}
	t.began = true
	t.depth++
	t.broken = t.broken || t.depth > maxDepth
}

func (t *trimmer) close(c byte) {
	t.depth--
	switch {
	case t.depth < 0:
		t.broken, t.depth = true, 0
	case t.depth == 0:
		t.broken = t.broken || c != '}'
		t.end()
	default:
		t.add(c)
	}
}

func (t *trimmer) colon(c byte) {
	if t.depth != 1 || t.inValue {
		t.add(c)
		return
	}
	t.inValue = true
	if name := string(t.name); t.only == "" && (name == `"input"` || name == `"inputs"`) {
		t.inner = &trimmer{only: `"seed"`}
	}
}

func (t *trimmer) comma(c byte) {
	if t.depth != 1 {
		t.add(c)
		return
	}
	t.end()
}

// add takes a byte of the member under way.
func (t *trimmer) add(c byte) {
	switch {
	case t.depth == 0:
		t.broken = true
	case len(t.name)+len(t.value) >= maxMemberBytes:
		t.over = true
	case !t.inValue:
		t.name = append(t.name, c)
	case t.inner != nil:
		t.inner.next(c)
	case t.only == "" || t.only == string(t.name):
		t.value = append(t.value, c)
	}
}

// end keeps the member under way, or drops it.
func (t *trimmer) end() {
	if t.inner != nil {
		t.value, _ = t.inner.object()
	}
	switch size := len(t.name) + len(t.value) + len(",:"); {
	case t.over || len(t.kept)+size > maxTrimmedBytes:
		outputs := string(t.name) == `"outputs"`
		t.omitted, t.dropped = t.omitted || outputs, t.dropped || !outputs
	case len(t.value) > 0:
		t.kept = append(t.kept, ',')
		t.kept = append(t.kept, t.name...)
		t.kept = append(t.kept, ':')
		t.kept = append(t.kept, t.value...)
	}
	t.name, t.value, t.inValue, t.over, t.inner = t.name[:0], t.value[:0], false, false, nil
}
