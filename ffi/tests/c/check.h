/* What every program of these tests uses: a check that tells where it failed, memory that ends at a page nobody may touch, and
   secrets that stand nowhere in the program. */
#ifndef CHECK_H
#define CHECK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "miyao.h"

#define CHECK(condition)                                                             \
    do {                                                                             \
        if (!(condition)) {                                                          \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);  \
            exit(1);                                                                 \
        }                                                                            \
    } while (0)

#define OK(call) CHECK((call) == MIYAO_STATUS_OK)

/* What is in memory that nobody wrote to. */
#define UNTOUCHED 0xa5

/* Whether a tool runs this that takes many times as long: then there is less of what is only more of the same. */
static inline int is_light(void) { return getenv("MIYAO_LIGHT") != NULL; }

static inline size_t pages_of(size_t len) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (len + page - 1) / page * page;
}

/* `len` bytes that end where a page begins that is not to be touched. */
static inline uint8_t *guarded(size_t len) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = pages_of(len);
    uint8_t *start =
        (uint8_t *)mmap(NULL, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(start != MAP_FAILED);
    CHECK(mprotect(start + whole, page, PROT_NONE) == 0);
    memset(start, UNTOUCHED, whole);
    return start + whole - len;
}

static inline void unguard(uint8_t *bytes, size_t len) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = pages_of(len);
    CHECK(munmap(bytes + len - whole, whole + page) == 0);
}

static inline int is_untouched(const uint8_t *bytes, size_t len) {
    for (size_t at = 0; at < len; at++)
        if (bytes[at] != UNTOUCHED) return 0;
    return 1;
}

/* As no compiler leaves it out. */
static inline void wipe(void *memory, size_t len) {
    volatile uint8_t *bytes = (volatile uint8_t *)memory;
    while (len-- > 0) *bytes++ = 0;
}

static inline uint32_t sum_of(const uint8_t *bytes, size_t len) {
    uint32_t sum = 2166136261u;
    for (size_t at = 0; at < len; at++) sum = (sum ^ bytes[at]) * 16777619u;
    return sum;
}

/* A key and a text that are looked for in memory afterwards stand here under a mask; whoever takes one wipes it. */
#define MASK 0x5a
#define SECRET_KEY_LEN 32
#define SECRET_TEXT_LEN 48

static const uint8_t masked_key[SECRET_KEY_LEN] = {
    0x9c, 0x07, 0xf1, 0x63, 0x2e, 0xb8, 0x44, 0xd9, 0x10, 0xaf, 0x75, 0x3b, 0xc6, 0xe2, 0x58, 0x8d,
    0x31, 0xfa, 0x06, 0xcb, 0x97, 0x60, 0xbd, 0x2a, 0x5f, 0x14, 0xe8, 0x83, 0x79, 0xd4, 0x4e, 0xa2};
static const uint8_t masked_text[SECRET_TEXT_LEN] = {
    0x1e, 0xc3, 0x6a, 0xf7, 0x05, 0x98, 0xd1, 0x4c, 0xb2, 0x2f, 0xe4, 0x7b, 0x53, 0xa0, 0x89, 0x36,
    0xdd, 0x41, 0x0b, 0x9e, 0xf3, 0x65, 0xca, 0x28, 0x77, 0xbe, 0x12, 0xe9, 0x5d, 0x84, 0x3f, 0xa6,
    0xc0, 0x19, 0x72, 0xeb, 0x4f, 0xd5, 0x8a, 0x23, 0xb6, 0x0e, 0x91, 0x68, 0xfc, 0x37, 0x5b, 0xad};

static inline void take_secret(uint8_t *out, const uint8_t *masked, size_t len) {
    for (size_t at = 0; at < len; at++) ((volatile uint8_t *)out)[at] = masked[at] ^ MASK;
}

static inline void secret_key(uint8_t out[SECRET_KEY_LEN]) { take_secret(out, masked_key, SECRET_KEY_LEN); }

static inline void secret_text(uint8_t out[SECRET_TEXT_LEN]) { take_secret(out, masked_text, SECRET_TEXT_LEN); }

#endif
