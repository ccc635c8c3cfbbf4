package message

// DemandsSignature says whether an opener does, by which ranges are refused.
func DemandsSignature(o *Opener) bool { return o != nil && o.signer != nil }
