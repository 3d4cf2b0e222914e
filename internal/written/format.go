package written

// Format is the version of requests and of pipeline runs with their definitions. The field
// "requires" says which version they need; the default is the first.
//
// A worker rejects unknown fields, because they may be misspelt, but leaves anything that
// requires a newer format to a newer worker. So a release that adds a field increments Format,
// and sets "requires" wherever the field is used.
const Format = 1
