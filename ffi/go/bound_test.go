package miyao

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What the C interface has and this package does not call, and why.
var unbound = map[string]string{
	"miyao_ccm_tag_len":                 "an AEAD knows its Overhead",
	"miyao_gcm_tag_len":                 "an AEAD knows its Overhead",
	"miyao_error_status":                "every error comes with its status",
	"miyao_inspection_form":             "an InspectionReport has it, of miyao_inspection_record",
	"miyao_inspection_is_strict":        "an InspectionReport has it",
	"miyao_inspection_kind":             "an InspectionReport has it",
	"miyao_inspection_oddities":         "an InspectionReport has them",
	"miyao_message_decrypt_stream":      "io.Copy from a Decryptor does the same, and calls nothing back",
	"miyao_message_encrypt_stream":      "io.Copy to an Encryptor does the same, and calls nothing back",
	"miyao_reader_new_in_memory":        "it would keep a pointer to memory of Go's; NewReader takes a bytes.Reader",
	"miyao_sm2_prepared_key_public_key": "an SM2PreparedPublicKey keeps the SM2PublicKey that it was made of",
	"miyao_sm4_padded_len":              "SM4.EncryptMode makes its own room",
	"miyao_token_len":                   "it is TokenOverhead more than the plaintext",
	"miyao_token_plaintext_max":         "it is TokenOverhead less than the token",
	"miyao_token_text_len":              "TokenText makes its own room",
}

// The names of functions in the record of the interface.
func functions(record string) (names []string) {
	for _, found := range regexp.MustCompile(`(?m)^[^#(]*\b(miyao_\w+)\(`).FindAllStringSubmatch(record, -1) {
		names = append(names, found[1])
	}
	return names
}

// called is every name of C in a source of Go with C in front, without comments and what is said to cgo.
func called(source string) map[string]bool {
	names := map[string]bool{}
	for _, line := range strings.Split(source, "\n") {
		if strings.HasPrefix(line, "#cgo") {
			continue
		}
		line, _, _ = strings.Cut(line, "//")
		for _, name := range regexp.MustCompile(`\bmiyao_\w+`).FindAllString(line, -1) {
			names[name] = true
		}
	}
	return names
}

// gaps are functions that are neither called nor excused, and excuses for what is called or does not exist.
func gaps(record, source string, excused map[string]string) (gaps []string) {
	there, here := functions(record), called(source)
	for _, name := range there {
		if !here[name] && excused[name] == "" {
			gaps = append(gaps, name+" is bound by nobody: call it in cgo.go, or say in this list why not")
		}
	}
	for name := range excused {
		if here[name] || !slices.Contains(there, name) {
			gaps = append(gaps, name+" needs no excuse")
		}
	}
	return gaps
}

func read(t testing.TB, path string) string { return string(need[[]byte](t)(os.ReadFile(path))) }

func TestEveryFunctionOfTheInterfaceIsBoundOrExcused(t *testing.T) {
	record, source := read(t, "../abi.txt"), read(t, "cgo.go")
	for _, gap := range gaps(record, source, unbound) {
		t.Error(gap)
	}
	there := functions(record)
	if len(there) < 300 {
		t.Fatal("the record has", len(there), "functions only")
	}
	t.Logf("%d functions, %d of them called, %d excused", len(there), len(there)-len(unbound), len(unbound))

	// A function that is added, and one that is no longer called, are found.
	if found := gaps(record+"miyao_status miyao_new_one(const uint8_t *data);\n", source, unbound); len(found) != 1 {
		t.Fatal(found)
	}
	if found := gaps(record, strings.ReplaceAll(source, "C.miyao_kms_sign(", "C.other("), unbound); len(found) != 1 {
		t.Fatal(found)
	}
	if found := gaps(record, source, map[string]string{"miyao_kms_sign": "?"}); len(found) != len(unbound)+1 {
		t.Fatal(found)
	}
}

// What cgo.go has for the package is used by it, or binding would be for show.
func TestEveryWayIntoTheLibraryIsUsed(t *testing.T) {
	var rest strings.Builder
	for _, path := range need[[]string](t)(filepath.Glob("*.go")) {
		if path != "cgo.go" && !strings.HasSuffix(path, "_test.go") {
			rest.WriteString(read(t, path))
		}
	}
	source := read(t, "cgo.go")
	ways := regexp.MustCompile(`(?m)^func (c[A-Z]\w*)\(`).FindAllStringSubmatch(source, -1)
	if len(ways) < 150 {
		t.Fatal(len(ways))
	}
	for _, way := range ways {
		name := regexp.MustCompile(`\b` + way[1] + `\b`)
		if !name.MatchString(rest.String()) && len(name.FindAllString(source, -1)) < 2 {
			t.Error(way[1], "is called by nobody")
		}
	}
}

// The numbers of the header, by their names after MIYAO_.
var numbers = map[string]uint64{
	"CCM_NONCE_LEN": 12, "CCM_TAG_LEN": 16, "CMAC_LEN": uint64(len(first(CMAC(nil, nil)))), "GCM_NONCE_LEN": 12, "GCM_TAG_LEN": 16, "HMAC_LEN": uint64(len(HMAC(nil, nil))),
	"HKDF_PRK_LEN": uint64(len(first(HKDFExtract(nil, nil)))), "HKDF_MAX": 8160,
	"SPEC_SM4": uint64(SpecSM4), "SPEC_HMAC_SM3": uint64(SpecHMAC), "SPEC_SM2_SIGN": uint64(SpecSM2Sign), "SPEC_SM2_ENCRYPT": uint64(SpecSM2Encrypt),
	"ORIGIN_GENERATED": uint64(OriginGenerated), "ORIGIN_IMPORTED": uint64(OriginImported),
	"PROTECTION_SOFTWARE": uint64(ProtectionSoftware), "PROTECTION_HARDWARE": uint64(ProtectionHardware),
	"AUDIT_COUNTED": uint64(AuditCounted), "AUDIT_EACH": uint64(AuditEach),
	"KMS_MAC_LEN": 32, "MATERIAL_LEN": materialLen, "IMPORT_TOKEN_LEN": importTokenLen, "KEY_PAIR_TOKEN_MAX": keyPairTokenMax,
	"REWRAPPED_CURRENT": uint64(RewrappedCurrent), "REWRAPPED_IN_PLACE": uint64(RewrappedInPlace), "REWRAPPED_COPIED": uint64(RewrappedCopied),
	"WITNESS_LEN": witnessLen, "KEY_ID_LEN": uint64(len(KeyID{})),
	"SIGNED_NO": uint64(Unsigned), "SIGNED_UNCHECKED": uint64(SignedUnchecked), "SIGNED_VERIFIED": uint64(SignedVerified),
	"SIGNER_LEN": uint64(len(Signed{}.Signer)), "MESSAGE_INSPECTED": InspectedBytes, "SUITE_GCM": uint64(SuiteGCM), "SUITE_CTR_HMAC": uint64(SuiteCTRHMAC),
	"CERTIFICATE_SERIAL_MAX": 20, "KEY_USAGE_DIGITAL_SIGNATURE": uint64(KeyUsageDigitalSignature), "KEY_USAGE_NON_REPUDIATION": uint64(KeyUsageNonRepudiation),
	"KEY_USAGE_KEY_ENCIPHERMENT": uint64(KeyUsageKeyEncipherment), "KEY_USAGE_DATA_ENCIPHERMENT": uint64(KeyUsageDataEncipherment),
	"KEY_USAGE_KEY_AGREEMENT": uint64(KeyUsageKeyAgreement), "KEY_USAGE_KEY_CERT_SIGN": uint64(KeyUsageKeyCertSign), "KEY_USAGE_CRL_SIGN": uint64(KeyUsageCRLSign),
	"KEY_USAGE_ENCIPHER_ONLY": uint64(KeyUsageEncipherOnly), "KEY_USAGE_DECIPHER_ONLY": uint64(KeyUsageDecipherOnly),
	"CMS_DIALECT_STANDARD": uint64(CMSStandard), "CMS_DIALECT_PKCS7": uint64(CMSPKCS7), "CMS_DIALECT_GMSSL": uint64(CMSGmSSL), "CMS_DIALECT_CFCA": uint64(CMSCFCA),
	"PATH_LEN_ANY": pathLenAny, "VERDICT_NONE": uint64(VerdictNone), "VERDICT_OPENS": uint64(VerdictOpens), "VERDICT_DOES_NOT_OPEN": uint64(VerdictDoesNotOpen),
	"VERDICT_BELONGS": uint64(VerdictBelongs), "VERDICT_IS_FOREIGN": uint64(VerdictIsForeign),
	"ARMOR_BINARY": uint64(ArmorBinary), "ARMOR_PEM": uint64(ArmorPEM), "ARMOR_HEXADECIMAL": uint64(ArmorHexadecimal), "ARMOR_BASE64": uint64(ArmorBase64),
	"PURPOSE_ANY": uint64(PurposeAny), "PURPOSE_SIGNING": uint64(PurposeSigning), "PURPOSE_ENCRYPTION": uint64(PurposeEncryption),
	"PURPOSE_SERVER_AUTHENTICATION": uint64(PurposeServerAuthentication), "PURPOSE_CLIENT_AUTHENTICATION": uint64(PurposeClientAuthentication),
	"PURPOSE_AUTHORITY": uint64(PurposeAuthority), "ITERATIONS_MIN": 600_000, "ITERATIONS_MAX": 10_000_000,
	"SM2_DEFAULT_ID_LEN": uint64(len(DefaultUserID)), "SM2_ID_MAX": 8191, "SM2_PRIVATE_KEY_LEN": 32, "SM2_PUBLIC_KEY_LEN": 65, "SM2_COMPRESSED_KEY_LEN": 33,
	"SM2_COORDINATES_LEN": 64, "SM2_SPKI_LEN": 91, "SM2_DIGEST_LEN": 32, "SM2_SIGNATURE_LEN": uint64(len(Signature{})), "SM2_SIGNATURE_DER_MAX": 72,
	"SM2_ENCODING_DER": uint64(SM2DER), "SM2_ENCODING_C1C3C2": uint64(SM2C1C3C2), "SM2_ENCODING_C1C2C3": uint64(SM2C1C2C3),
	"SM2_ROLE_INITIATOR": uint64(SM2Initiator), "SM2_ROLE_RESPONDER": uint64(SM2Responder),
	"PKCS8_DEFAULT_ITERATIONS": 600_000, "PKCS8_MIN_ITERATIONS": 1024, "PKCS8_MAX_ITERATIONS": 10_000_000,
	"PKCS8_DERIVATION_HMAC_SM3": uint64(PKCS8HMACSM3), "PKCS8_DERIVATION_HMAC_SM3_NULL": uint64(PKCS8HMACSM3Null),
	"PKCS8_DERIVATION_HMAC_SM3_OPENSSL": uint64(PKCS8HMACSM3OpenSSL), "PKCS8_DERIVATION_GMT0091": uint64(PKCS8GMT0091),
	"SM3_LEN": uint64(len(SM3(nil))), "SM4_LEN": blockLen, "SM4_MODE_ECB": uint64(ECB), "SM4_MODE_ECB_PKCS7": uint64(ECBPKCS7), "SM4_MODE_CBC": uint64(CBC),
	"SM4_MODE_CBC_PKCS7": uint64(CBCPKCS7), "SM4_MODE_CFB": uint64(CFB), "SM4_MODE_CFB8": uint64(CFB8), "SM4_MODE_OFB": uint64(OFB), "SM4_MODE_CTR": uint64(CTR),
	"SM4_ENCRYPT": encrypting4, "SM4_DECRYPT": decrypting4, "TOKEN_PLAINTEXT_MAX": TokenPlaintextMax, "TOKEN_OVERHEAD": TokenOverhead, "ABI_VERSION": abiVersion,
	"XTS_KEY_LEN": 32, "XTS_MIN": 16, "XTS_MAX": 1 << 24, "XTS_IEEE": uint64(XTSIEEE), "XTS_GB": uint64(XTSGB),
}

func first[T any](value T, _ error) T { return value }

func TestNumbersAreThoseOfTheHeader(t *testing.T) {
	there := regexp.MustCompile(`(?m)^#define MIYAO_(\w+) (.*)$`).FindAllStringSubmatch(read(t, "../abi.txt"), -1)
	seen := 0
	for _, define := range there {
		name, text := define[1], define[2]
		if text == `"`+DefaultUserID+`"` {
			continue
		}
		value := uint64(math.MaxUint64)
		if text == "(1 << 24)" {
			value = 1 << 24
		} else if text == "UINT32_MAX" {
			value = math.MaxUint32
		} else if _, err := fmt.Sscan(text, &value); err != nil {
			t.Fatal(name, text, err)
		}
		number, known := numbers[name]
		if !known || number != value {
			t.Errorf("MIYAO_%s is %d in the header and %d here (%v); give it a name here, too", name, value, number, known)
		}
		seen++
	}
	if seen != len(numbers) {
		t.Error(seen, "numbers in the header and", len(numbers), "here")
	}
}
