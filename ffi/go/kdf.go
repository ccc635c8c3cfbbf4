package miyao

// HKDF fills out, at most 8,160 bytes, with HKDF-SM3 (RFC 5869), extract and expand in one.
func HKDF(salt, ikm, info, out []byte) error {
	if overlap(out, salt) || overlap(out, ikm) || overlap(out, info) {
		return errOverlap
	}
	return cHKDF(salt, ikm, info, out)
}

// HKDFExtract is the pseudorandom key of HKDF-SM3 (RFC 5869 §2.2), which is the caller's to [Wipe].
func HKDFExtract(salt, ikm []byte) (prk [32]byte, err error) {
	err = cHKDFExtract(salt, ikm, &prk)
	return prk, err
}

// HKDFExpand fills out, at most 8,160 bytes, from a pseudorandom key of 32 bytes or more (RFC 5869 §2.3).
func HKDFExpand(prk, info, out []byte) error {
	if overlap(out, prk) || overlap(out, info) {
		return errOverlap
	}
	return cHKDFExpand(prk, info, out)
}

// PBKDF2 fills out with PBKDF2-HMAC-SM3 (GM/T 0091, RFC 8018 §5.2).
func PBKDF2(password, salt []byte, iterations uint32, out []byte) error {
	if overlap(out, password) || overlap(out, salt) {
		return errOverlap
	}
	return cPBKDF2(password, salt, iterations, out)
}

// KDF fills out with the KDF of GB/T 32918.4 §5.4.3, which is that of X9.63 with SM3.
func KDF(z, out []byte) error {
	if overlap(out, z) {
		return errOverlap
	}
	return cKDF(z, out)
}
