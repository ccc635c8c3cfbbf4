// Package miyao is 国密 (SM2, SM3, SM4), envelope encryption and key management for Go: the library in Rust behind its C interface.
//
// It knows no algorithm and no format: every byte is made and judged by the library, and what is written here, in C, in Rust or by the
// command reads alike everywhere.
//
//   - [Open] a key store; [KMS.Encrypt] and [KMS.Decrypt] tokens; [KMS.GenerateDataKey]; [KMS.Rotate] and the rest of a key's life.
//   - [KMS.Backup], [VerifyBackup], [Restore]; roots in devices: [OpenDevice], [KMS.RotateRoot], [KMS.MigrateRoot].
//   - [NewEncryptor], [NewDecryptor], [NewReader]: messages of any length as an [io.WriteCloser], an [io.Reader] and an [io.ReaderAt].
//   - [SM2PrivateKey] and keys inside a store ([KMS.Signer], [KMS.Decrypter]) are a [crypto.Signer] and a [crypto.Decrypter];
//     [NewSM3], [NewHMAC] and [NewCMAC] are a [hash.Hash]; [NewGCM] and [NewCCM] a [cipher.AEAD]; [SM4] is a [cipher.Block] whose CBC and CTR of
//     crypto/cipher run here.
//   - [SM2SignBatch], [SM2VerifyBatch], [SM3Many]: many at once; [SM2PublicKey.Prepare]: one key again and again.
//   - [Certificate], [Trust], [RevocationList], [CertificateRequest], [CertificateTemplate]; messages of GM/T 0010: [CMSSign], [CMSVerify], [CMSSeal], [CMSOpen];
//     [InspectFile] tells what a file is.
//
// # Errors
//
// What fails is an [Error] with a sentence, or a bare [Kind] where an algorithm has nothing to add. Both fit errors.Is(err, ErrRejected) and
// errors.As into a [Kind], whose number is that of docs/errors.md.
//
// # Threads and Close
//
// A [KMS], keys, [AEAD]s, [KeyRef]s, [EncryptionContext]s, certificates and what else is no stream may be used by any number of goroutines at once, also
// while one of them calls Close: what runs ends as it would have, what begins later is [ErrClosed]. Streams and hashes are for one goroutine at a
// time; a second one is refused, not raced. Close may be called often. What is not closed is freed some time after it is unreachable; close what
// holds secrets or files. A copy of a value shares its object with the first, Close included.
//
// A stream keeps what it was made with after the Close of that: a [Decryptor] the stores, [SM2PrivateKey]s and passphrases of its options until it has read
// the beginning of its message, an [Encryptor] that signs its signer's key until it is closed itself. What [KMS.ActingAs] made keeps the store.
//
// What is called back from within a call, such as the source of a [Reader] and the readers and writers of [KMS.Backup] or [KMS.SignReader], must return or
// panic: not call [runtime.Goexit], as a test's FailNow does, nor use what is calling it.
//
// # Secrets
//
// Keys inside objects of this package lie in memory that Go's collector never sees, copies or moves, and are wiped by Close, once no stream
// has them. What is handed out as a
// []byte is the caller's: [Wipe] it. Go promises less than that asks for: a slice that grew, a stack that moved and a string made of bytes leave
// copies behind that nobody can wipe, and nothing keeps pages from the swap. So keep secrets in objects, and exposed ones short. A CTR
// of crypto/cipher keeps up to 15 bytes of key stream in Go until they are used.
package miyao
