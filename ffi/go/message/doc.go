// Package message reads and verifies miyao messages and tokens (数字信封), written from docs/format.md of miyao alone;
// the rules that comments cite (M1, M2, …) are the rules of that document.
//
// It knows no key store, no command and no file: a caller gives the bytes and whoever can find the file key. It writes
// nothing. Algorithms are those of github.com/emmansun/gmsm; there is no cgo.
//
// # Reading
//
//   - [Decrypt] takes a message that is in memory and gives all of its plaintext or none.
//   - [NewReader] is an [io.Reader]: a frame's plaintext comes out only after its tag was checked (M63), and [io.EOF] only
//     after the final frame and, where one was demanded, the signature were. Whoever acts on output before io.EOF acts
//     on a message that may have lost its end.
//   - [NewReaderAt] is an [io.ReaderAt]: any range, the final frame checked first (M98). It claims no signature (M75).
//   - [Inspect] and [InspectToken] need no key, and what they give is verified by nobody.
//   - [DecryptToken] opens a token.
//
// An [Opener] says who opens a message and what is demanded of it: an [SM2Key], a [Passphrase], a [Version] of a KMS key
// whose secret the caller has or can use, or any other [Identity], such as one that asks a key service.
//
// # Errors
//
// Every error of this package is a [Kind] for [errors.Is] and [errors.As], with the numbers of docs/errors.md. A wrong key, a
// wrong context and altered bytes are [ErrRejected] and nothing more.
//
// # Secrets
//
// File keys, derived keys and plaintext buffers of this package are overwritten when they are done with: after
// opening, by Close, and when a check fails. That is all that Go allows, and it is less than the library in Rust does.
// The runtime may have copied a stack that held a key; gmsm's key schedules, hash states and SM2 scalars, and big
// integers, stay until the garbage collector reuses their memory; no memory is locked or kept out of core dumps. On a
// processor without instructions for AES or SM4, gmsm encrypts by tables, which is not constant-time.
package message
