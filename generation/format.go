package generation

// Format is the version of what people write: requests, and runs of pipelines with their
// definitions. What is written may say which one it requires, in its field "requires";
// without one it requires the first.
//
// A worker refuses a field that it does not know, since it could be a misspelt one, but
// leaves what requires a newer format to a newer worker. So a release that adds a field raises
// Format, and writes what uses the field with "requires".
const Format = 1
