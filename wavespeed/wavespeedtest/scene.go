package wavespeedtest

import (
	"fmt"
	"hash/fnv"
	"path"
	"strconv"
	"strings"
)

// scene is what an output shows: its prompt on its own background, or, if it was made from
// another output, on that one's.
type scene struct {
	title         string
	note          string
	hue           uint64
	width, height int
}

// depth limits how far sources of sources are followed.
const depth = 8

// scene is what the n-th output shows. The caller holds the lock.
func (s *Server) scene(p *prediction, n, depth int) scene {
	made := scene{title: prompt(p.input), note: p.model.ID, hue: hue(prompt(p.input)) + uint64(n-1)*977}
	made.width, made.height = shape(p.input)
	from, name := s.source(p)
	if name == "" {
		return made
	}
	original := scene{title: name, hue: hue(name), width: 512, height: 512}
	if from != nil && depth > 0 {
		original = s.scene(from, 1, depth-1)
	}
	made.hue, made.width, made.height = original.hue, original.width, original.height
	switch p.model.output {
	case OutputUpscaled, OutputUpscaledVideo:
		original.note = strings.TrimPrefix(original.note+", upscaled to "+target(p), ", ")
		original.width, original.height = original.width*2, original.height*2
		return original
	}
	made.note = fmt.Sprintf("%s, from %q", p.model.ID, original.title)
	if made.title == "" {
		made.title = original.title
	}
	return made
}

// target is the resolution that something was made larger to.
func target(p *prediction) string {
	if resolution := p.input.text("target_resolution"); resolution != "" {
		return resolution
	}
	if resolution, ok := p.model.schema.Properties["target_resolution"].Default.(string); ok {
		return resolution
	}
	return "twice its size"
}

func prompt(in input) string {
	if text := in.text("prompt"); text != "" {
		return text
	}
	return in.text("text")
}

// source is what the prediction was made from: a prediction of this server, or the
// name of a file from elsewhere; "" if it was made from a text alone.
func (s *Server) source(p *prediction) (*prediction, string) {
	for _, field := range []string{"image", "images", "video", "audio"} {
		url := p.input.text(field)
		if list, ok := p.input[field].([]any); ok && len(list) > 0 {
			url, _ = list[0].(string)
		}
		if url == "" {
			continue
		}
		if rest, ours := strings.CutPrefix(url, s.base+"/outputs/"); ours {
			id, _, _ := strings.Cut(rest, "/")
			return s.predictions[id], "a lost picture"
		}
		if strings.HasPrefix(url, "data:") {
			return nil, "a picture in the request"
		}
		return nil, path.Base(url)
	}
	return nil, ""
}

func hue(text string) uint64 {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(text))
	return hash.Sum64()
}

// shape is the size of a picture: of the shape that was asked for, but small.
func shape(in input) (width, height int) {
	const longest = 512
	w, h := parsePair(in.text("size"), "*")
	if w == 0 {
		w, h = parsePair(in.text("aspect_ratio"), ":")
	}
	if w == 0 {
		w, h = 1, 1
		if in["duration"] != nil || in["resolution"] != nil {
			w, h = 16, 9
		}
	}
	if w >= h {
		return longest, max(longest*h/w, longest/8)
	}
	return max(longest*w/h, longest/8), longest
}

func parsePair(text, separator string) (int, int) {
	first, second, _ := strings.Cut(text, separator)
	w, errW := strconv.Atoi(first)
	h, errH := strconv.Atoi(second)
	if errW != nil || errH != nil || w < 1 || h < 1 || w > 1<<16 || h > 1<<16 {
		return 0, 0
	}
	return w, h
}
