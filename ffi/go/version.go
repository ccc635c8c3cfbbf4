package miyao

import (
	"fmt"
	"strings"
)

// A program that was compiled for one binary interface must not run with another: arguments would be misread.
func init() {
	if there := cABIVersion(); there != abiVersion {
		panic(fmt.Sprintf("miyao: the library has binary interface %d and this package was built for %d; install the matching one", there, abiVersion))
	}
}

// Version is the library's release, such as 0.1.0.
func Version() string { return cVersion() }

// Features are words for what this build has beyond the algorithms: sqlite, and pkcs11 where encryption machines can be used.
func Features() []string { return strings.Fields(cFeatures()) }

// SelfTest runs the known-answer tests of every algorithm (GM/T 0028 §7.10), some milliseconds: for programs that must show it.
func SelfTest() error { return cSelfTest() }

// Random fills out with random bytes of the library's generator (SM3 Hash_DRBG, seeded by the system).
func Random(out []byte) error { return cRandom(out) }
