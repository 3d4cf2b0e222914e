package pictures

import (
	_ "embed"
	"image"
	"strings"
)

// The letters are drawn in font.txt: sixteen per band, starting with the space, each five dots
// wide and nine high, two of them below the baseline. The last one replaces missing letters.
//
//go:embed font.txt
var fontSheet string

const (
	glyphWidth  = 5
	glyphHeight = 9
	cellWidth   = glyphWidth + 1
	cellHeight  = glyphHeight + 2
	firstRune   = ' '
	lastRune    = 0x7f
)

var glyphs = func() (glyphs [lastRune - firstRune + 1][glyphHeight]string) {
	for band, sheet := range strings.Split(strings.TrimSpace(fontSheet), "\n\n") {
		for row, line := range strings.Split(sheet, "\n") {
			for column, dots := range strings.Fields(line) {
				glyphs[band*16+column][row] = dots
			}
		}
	}
	return glyphs
}()

// accented maps letters to those that they are drawn as.
const (
	accented = "ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöøùúûüýÿ‘’“”–—…"
	bare     = "AAAAAACEEEEIIIINOOOOOOUUUUYaaaaaaceeeeiiiinoooooouuuuyy''\"\"--."
)

var bareOf = func() map[rune]rune {
	bareOf, n := map[rune]rune{}, 0
	for _, r := range accented {
		bareOf[r], n = rune(bare[n]), n+1
	}
	return bareOf
}()

func glyph(r rune) [glyphHeight]string {
	if simple, ok := bareOf[r]; ok {
		r = simple
	}
	if r < firstRune || r > lastRune {
		r = lastRune
	}
	return glyphs[r-firstRune]
}

// write draws lines of text with dots of the given size.
func write(picture *image.Paletted, lines []string, at image.Point, dot int, color uint8) {
	for _, line := range lines {
		x := at.X
		for _, r := range line {
			for row, dots := range glyph(r) {
				for column, set := range dots {
					if set == '#' {
						fill(picture, image.Rect(0, 0, dot, dot).Add(image.Pt(x+column*dot, at.Y+row*dot)), color)
					}
				}
			}
			x += cellWidth * dot
		}
		at.Y += cellHeight * dot
	}
}

func fill(picture *image.Paletted, area image.Rectangle, color uint8) {
	area = area.Intersect(picture.Rect)
	for y := area.Min.Y; y < area.Max.Y; y++ {
		row := picture.Pix[picture.PixOffset(area.Min.X, y):picture.PixOffset(area.Max.X, y)]
		for x := range row {
			row[x] = color
		}
	}
}

// wrap breaks a text at spaces into lines of limited length.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		for runes := []rune(word); len(runes) > width; runes = []rune(word) {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			lines, word = append(lines, string(runes[:width])), string(runes[width:])
		}
		switch {
		case line == "":
			line = word
		case len([]rune(line))+1+len([]rune(word)) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
