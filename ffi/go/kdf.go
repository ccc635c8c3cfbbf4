package miyao

// HKDF fills out, at most 8,160 bytes, with HKDF-SM3 (RFC 5869), extract and expand in one.
func HKDF(salt, ikm, info, out []byte) error { return cHKDF(salt, ikm, info, out) }

// PBKDF2 fills out with PBKDF2-HMAC-SM3 (GM/T 0091, RFC 8018 §5.2).
func PBKDF2(password, salt []byte, iterations uint32, out []byte) error {
	return cPBKDF2(password, salt, iterations, out)
}

// KDF fills out with the KDF of GB/T 32918.4 §5.4.3, which is that of X9.63 with SM3.
func KDF(z, out []byte) error { return cKDF(z, out) }
