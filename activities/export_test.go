package activities

// Deliveries is for tests, until a caller shows it from outside.
var Deliveries = deliveries
