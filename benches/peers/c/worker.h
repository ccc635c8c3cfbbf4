// What a library gives to be measured: its name, how to key it, and one function for each row.
#ifndef WORKER_H
#define WORKER_H

#include <stddef.h>
#include <stdint.h>

// What a row's function does to its message, and where what comes out is found.
enum kind {
    CRYPT, // in place
    SEAL,  // in place, 16 bytes of tag behind the message
    OPEN,  // the reverse; the message is made anew for every call, by `other`
    HASH,  // 32 bytes into `out`
    MANY,  // 16 messages, STRIDE bytes longer than they are from one to the next; 16 × 32 bytes into `out`
    KEY,   // no message; `other` encrypts a block under the key
    CALL,  // no message, and what comes out differs from call to call
};

// Sixteen messages a power of two apart would fight for the same lines of a cache, in any library.
#define STRIDE 320

// Gives 1 when it has done it.
typedef int work(uint8_t *message, size_t size, uint8_t *out);

struct row {
    const char *name;
    enum kind kind;
    work *work;
    work *other;
};

// The rows of a library up to one without a name. Those without `work` are not offered.
extern struct row rows[];

// The rows of SM2, likewise, and what makes them ready.
extern struct row sm2_rows[];
void sm2_ready(void);

struct field {
    const uint8_t *bytes;
    size_t size;
};

// A question of SM2: gives the number of bytes that it put into `out`, none where it is refused.
struct question {
    const char *name;
    size_t (*answer)(const struct field *fields, uint8_t *out);
};

// The questions of a library up to one without a name.
extern const struct question questions[];

// Keys everything, and gives the library's name and version.
const char *ready(void);

// The same bytes in every worker: 32 of key, of which SM4 takes the first 16, and 16 of nonce.
extern const uint8_t KEYS[32], NONCE[16];

#endif
