package engine

// Pad makes our records larger by so many bytes, as new fields would.
func Pad(bytes int) { padding = bytes }
