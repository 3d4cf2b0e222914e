// Package download saves the outputs of generations as files. It never replaces a file
// unless it is asked to, retries what may succeed later, and connects to public addresses
// only: the URLs of outputs come from models, which anyone may have written.
package download
