package webhook

// What the tests of this package see beside its door.
const DefaultTolerance = defaultTolerance
