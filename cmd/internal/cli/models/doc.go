// Package models is the provider as commands ask it, with a catalogue that is kept between them.
package models
