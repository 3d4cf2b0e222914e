package receiver

// What the tests of this package see beside its door.
const (
	Signaled       = reasonSignaled
	Hinted         = reasonHinted
	NotEnded       = reasonNotEnded
	Kept           = reasonKept
	Orphan         = reasonOrphan
	Refused        = reasonRefused
	Unavailable    = reasonUnavailable
	Busy           = reasonBusy
	UnknownAddress = reasonUnknownAddress
	NotSigned      = reasonNotSigned
	BadSignature   = reasonBadSignature
	BadBody        = reasonBadBody
	WrongMethod    = reasonWrongMethod
	TooLarge       = reasonTooLarge
	Encoded        = reasonEncoded
	Unreadable     = reasonUnreadable
	Panicked       = reasonPanicked

	HeaderID        = "webhook-id"
	HeaderTimestamp = "webhook-timestamp"
	HeaderSignature = "webhook-signature"
)

var ErrUnknownAddress = errUnknownAddress
