// Package pipelines holds example pipelines, which run as they are against WaveSpeedAI
// and, in the tests, against its simulator:
//
//   - film.yaml: a text becomes a picture, a video and a larger video;
//   - styles.yaml: one picture in five styles, of which people choose one to be animated;
//   - catalogue.yaml: a picture for each of a thousand products, out of a CSV file;
//   - avatar.yaml: a text is spoken by a face.
package pipelines

import "embed"

// Files are the examples and what they read.
//
//go:embed *.yaml *.csv
var Files embed.FS
