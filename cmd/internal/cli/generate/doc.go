// Package generate has the commands of single generations.
package generate
