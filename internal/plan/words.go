package plan

// The types of inputs.
const (
	TypeString  = "string"
	TypeInteger = "integer"
	TypeNumber  = "number"
	TypeBoolean = "boolean"
	TypeArray   = "array"
	TypeObject  = "object"
	TypeFile    = "file"
)

// What happens when a submit would exceed the budget.
const (
	OnExceededWait = "wait"
	OnExceededFail = "fail"
)

// The kinds of steps.
const (
	KindGenerate = "generate"
	KindForEach  = "for_each"
	KindApprove  = "approve"
)

// Kind returns the kind of the step.
func (s *PlannedStep) Kind() string {
	switch {
	case s.Approve != nil:
		return KindApprove
	case s.ForEach != nil:
		return KindForEach
	default:
		return KindGenerate
	}
}

// Models returns the step's model and its fallbacks.
func (s *PlannedStep) Models() []string {
	if s.Model == "" {
		return nil
	}
	models := []string{s.Model}
	for _, fallback := range s.Fallback {
		models = append(models, fallback.Model)
	}
	return models
}
