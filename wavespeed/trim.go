package wavespeed

import "errors"

const (
	// maxMemberBytes bounds a member of a large body, beside the input. Of outputs a workflow
	// is told less.
	maxMemberBytes = 128 << 10

	// maxTrimmedBytes bounds what is kept of a large body.
	maxTrimmedBytes = 256 << 10

	// maxDepth is the limit of encoding/json.
	maxDepth = 10_000
)

var errNotAnObject = errors.New("wavespeed: webhook: the body is not one JSON object")

// trimmer reads a JSON object of any size and keeps its small members: all that a workflow
// is told. Of the input in it, it keeps the seed. The kept text is JSON if the body is.
type trimmer struct {
	only    string // the name, in quotes, of the one member to keep; "" for all
	kept    []byte // members, each after a comma
	omitted bool   // the outputs were too large
	dropped bool   // something else was too large

	depth           int // of nested brackets
	began, broken   bool
	inText, escaped bool // in a string; after a backslash in it

	name, value   []byte // of the current member
	inValue, over bool   // after its colon; too large
	inner         *trimmer
}

// Write processes a part of the body.
func (t *trimmer) Write(part []byte) (int, error) {
	for rest := part; len(rest) > 0; {
		n := 1
		if t.inText {
			n = t.text(rest)
		} else {
			t.structure(rest[:1])
		}
		rest = rest[n:]
	}
	return len(part), nil
}

// object returns what is kept, after everything is written.
func (t *trimmer) object() ([]byte, error) {
	if t.broken || t.depth > 0 {
		return nil, errNotAnObject
	}
	if len(t.kept) == 0 {
		return []byte("{}"), nil
	}
	t.kept[0] = '{'
	return append(t.kept, '}'), nil
}

// text consumes part of a string up to the next significant byte, and returns its length.
func (t *trimmer) text(part []byte) int {
	n := 1
	switch c := part[0]; {
	case t.escaped:
		t.escaped = false
	case c == '\\':
		t.escaped = true
	case c == '"':
		t.inText = false
	default:
		for n < len(part) && part[n] != '\\' && part[n] != '"' {
			n++
		}
	}
	t.add(part[:n])
	return n
}

func (t *trimmer) structure(part []byte) {
	switch c := part[0]; c {
	case ' ', '\t', '\r', '\n':
	case '{', '[':
		t.open(part)
	case '}', ']':
		t.close(part)
	case ':':
		t.colon(part)
	case ',':
		t.comma(part)
	default:
		t.inText = c == '"'
		t.add(part)
	}
}

func (t *trimmer) open(part []byte) {
	if t.depth > 0 {
		t.add(part)
	} else if t.began || part[0] != '{' {
		t.broken = true
	}
	t.began = true
	t.depth++
	t.broken = t.broken || t.depth > maxDepth
}

func (t *trimmer) close(part []byte) {
	t.depth--
	switch {
	case t.depth < 0:
		t.broken, t.depth = true, 0
	case t.depth == 0:
		t.broken = t.broken || part[0] != '}'
		t.end()
	default:
		t.add(part)
	}
}

func (t *trimmer) colon(part []byte) {
	if t.depth != 1 || t.inValue {
		t.add(part)
		return
	}
	t.inValue = true
	if name := string(t.name); t.only == "" && (name == `"input"` || name == `"inputs"`) { //mutants:equal an input in an input would be kept, and not looked at
		t.inner = &trimmer{only: `"seed"`}
	}
}

func (t *trimmer) comma(part []byte) {
	if t.depth != 1 {
		t.add(part)
		return
	}
	t.end()
}

// add appends to the current member.
func (t *trimmer) add(part []byte) {
	switch {
	case t.depth == 0:
		t.broken = true
	case t.inner != nil:
		_, _ = t.inner.Write(part)
	case t.inValue && t.only != "" && t.only != string(t.name):
	case len(t.name)+len(t.value)+len(part) > maxMemberBytes:
		t.over = true
	case t.inValue:
		t.value = append(t.value, part...)
	default:
		t.name = append(t.name, part...)
	}
}

// end keeps the current member, or drops it.
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
