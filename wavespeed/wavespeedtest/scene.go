package wavespeedtest

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/inputs"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/pictures"
)

// depth limits how far sources of sources are followed.
const depth = 8

// scene is what the n-th output shows: its prompt on its own background, or, if it was made from
// another output, on that one's. The caller holds the lock.
func (s *Server) scene(p *prediction, n, depth int) pictures.Scene {
	made := pictures.Scene{Title: prompt(p.input), Note: p.model.ID, Hue: pictures.Hue(prompt(p.input)) + uint64(n-1)*977}
	made.Width, made.Height = shape(p.input)
	from, name := s.source(p)
	if name == "" {
		return made
	}
	original := pictures.Scene{Title: name, Hue: pictures.Hue(name), Width: 512, Height: 512}
	if from != nil && depth > 0 {
		original = s.scene(from, 1, depth-1)
	}
	made.Hue, made.Width, made.Height = original.Hue, original.Width, original.Height
	switch Output(p.model.Output) {
	case OutputUpscaled, OutputUpscaledVideo:
		original.Note = strings.TrimPrefix(original.Note+", upscaled to "+target(p), ", ")
		original.Width, original.Height = original.Width*2, original.Height*2
		return original
	}
	made.Note = fmt.Sprintf("%s, from %q", p.model.ID, original.Title)
	if made.Title == "" {
		made.Title = original.Title
	}
	return made
}

// target is the resolution that something was made larger to.
func target(p *prediction) string {
	if resolution := p.input.Text("target_resolution"); resolution != "" {
		return resolution
	}
	if resolution, ok := p.model.Schema.Properties["target_resolution"].Default.(string); ok {
		return resolution
	}
	return "twice its size"
}

func prompt(in inputs.Input) string {
	if text := in.Text("prompt"); text != "" {
		return text
	}
	return in.Text("text")
}

// source is what the prediction was made from: a prediction of this server, or the
// name of a file from elsewhere; "" if it was made from a text alone.
func (s *Server) source(p *prediction) (*prediction, string) {
	for _, field := range []string{"image", "images", "video", "audio"} {
		url := p.input.Text(field)
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

// shape is the size of a picture: of the shape that was asked for, but small.
func shape(in inputs.Input) (width, height int) {
	const longest = 512
	w, h := parsePair(in.Text("size"), "*")
	if w == 0 {
		w, h = parsePair(in.Text("aspect_ratio"), ":")
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
