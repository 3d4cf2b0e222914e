// Package compose tests docker-compose.yml and the Dockerfile.
//
// A check of the files runs with every test. What runs on an engine is behind the
// build tag docker:
//
//	make compose
//
// It builds and runs both files as they are committed, on the images that they name:
// those of the registry or, where there is none, stand-ins of the same names and tags
// that images.sh makes. It needs a Docker engine, root for the stand-ins, and some
// minutes.
package compose
