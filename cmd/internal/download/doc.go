// Package download saves the outputs of generations as files. It never replaces a file unless
// asked to, and retries temporary failures. It connects only to public addresses, because the
// URLs come from models that anyone may have written.
package download
