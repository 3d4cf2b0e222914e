package pictures

import (
	"image"
	"image/color"
	"math"
)

// Colors of a scene's palette: most are the background, from its first hue to its
// second.
const (
	backgroundColors = 252
	colorShadow      = 253
	colorDim         = 254
	colorText        = 255
)

// palette has the scene's own hues.
func (sc Scene) palette() color.Palette {
	colors := make(color.Palette, 256)
	first := float64(sc.Hue%360) / 360
	for i := range backgroundColors {
		t := float64(i) / (backgroundColors - 1)
		colors[i] = hsv(math.Mod(first+0.22*t, 1), 0.75-0.25*t, 0.28+0.5*t)
	}
	colors[backgroundColors] = color.Black
	colors[colorShadow] = hsv(first, 0.8, 0.12)
	colors[colorDim] = color.RGBA{R: 225, G: 230, B: 240, A: 255}
	colors[colorText] = color.White
	return colors
}

func hsv(h, s, v float64) color.RGBA {
	channel := func(shift float64) uint8 {
		k := math.Mod(shift+h*6, 6)
		return uint8(math.Round(255 * (v - v*s*math.Max(0, math.Min(math.Min(k, 4-k), 1)))))
	}
	return color.RGBA{R: channel(5), G: channel(3), B: channel(1), A: 255}
}

// draw paints the scene. The phase, within 0 and 1, moves what moves in a clip.
func (sc Scene) draw(phase float64) *image.Paletted {
	picture := image.NewPaletted(image.Rect(0, 0, sc.Width, sc.Height), sc.palette())
	sc.paintBackground(picture, phase)
	margin := max(min(sc.Width, sc.Height)/16, 4)
	dot := max(sc.Width/(cellWidth*22), 1)
	title := wrap(sc.Title, max((sc.Width-2*margin)/(cellWidth*dot), 1))
	for dot > 1 && len(title)*cellHeight*dot > sc.Height*2/3 {
		dot--
		title = wrap(sc.Title, max((sc.Width-2*margin)/(cellWidth*dot), 1))
	}
	room := max((sc.Height*3/4-margin)/(cellHeight*dot), 1)
	title = title[:min(len(title), room)]
	shaded(picture, title, image.Pt(margin, margin), dot, colorText)

	small := max(dot/2, 1)
	note := wrap(sc.Note, max((sc.Width-2*margin)/(cellWidth*small), 1))
	note = note[:min(len(note), 3)]
	shaded(picture, note, image.Pt(margin, sc.Height-margin-len(note)*cellHeight*small), small, colorDim)
	return picture
}

// shaded writes with a shadow, so that it can be read on any ground.
func shaded(picture *image.Paletted, lines []string, at image.Point, dot int, color uint8) {
	write(picture, lines, at.Add(image.Pt(max(dot/2, 1), max(dot/2, 1))), dot, colorShadow)
	write(picture, lines, at, dot, color)
}

// paintBackground is a slope of colors with a sun in it and waves below.
func (sc Scene) paintBackground(picture *image.Paletted, phase float64) {
	w, h := float64(sc.Width), float64(sc.Height)
	turn := 2 * math.Pi * phase
	sunX := w * (0.3 + 0.4*float64(sc.Hue>>16%100)/100 + 0.12*math.Sin(turn))
	sunY := h * (0.45 + 0.06*math.Cos(turn))
	radius := math.Min(w, h) * 0.17
	shore := make([]float64, sc.Width)
	for x := range shore {
		at := float64(x) / w
		shore[x] = h * (0.68 + 0.03*math.Sin(2*math.Pi*at*2+turn) + 0.015*math.Sin(2*math.Pi*at*5-2*turn))
	}
	for y := range sc.Height {
		row := picture.Pix[y*picture.Stride : y*picture.Stride+sc.Width]
		down := float64(y) / h
		for x := range row {
			light := 0.2 + 0.6*down
			if dx, dy := float64(x)-sunX, float64(y)-sunY; dx*dx+dy*dy < radius*radius {
				light = 1
			}
			if float64(y) > shore[x] {
				light = 0.55 - 0.5*(float64(y)-shore[x])/(h*0.32)
			}
			row[x] = uint8(math.Max(0, math.Min(light, 1)) * (backgroundColors - 1))
		}
	}
}
