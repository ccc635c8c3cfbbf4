/* After an object was freed, neither its key, nor the text that it worked on, nor anything that it was itself is found in the memory of
   the process. */
#include "check.h"
#include "objects.h"

#include <fcntl.h>
#include <malloc.h>

/* What is looked for stands under the mask, here too. */
#define WINDOW 16
#define MOST 4096
static uint8_t wanted[MOST][WINDOW];
static size_t wanted_count;
static int telling;
static uint8_t first_bytes[1 << 13];

static void want(const uint8_t *masked) {
    unsigned first = (unsigned)masked[0] << 8 | masked[1];
    CHECK(wanted_count < MOST);
    memcpy(wanted[wanted_count++], masked, WINDOW);
    first_bytes[first >> 3] |= (uint8_t)(1u << (first & 7));
}

static void want_nothing(void) {
    wanted_count = 0;
    memset(first_bytes, 0, sizeof first_bytes);
}

static void want_all(const uint8_t *masked, size_t len) {
    for (size_t at = 0; at + WINDOW <= len; at++) want(masked + at);
}

/* Constants, lengths and pointers have few different bytes; keys and states have many. */
static int looks_random(const uint8_t *bytes) {
    uint8_t seen[32] = {0};
    int different = 0;
    for (int at = 0; at < WINDOW; at++) {
        uint8_t bit = (uint8_t)(1u << (bytes[at] & 7));
        if (!(seen[bytes[at] >> 3] & bit)) different++;
        seen[bytes[at] >> 3] |= bit;
    }
    return different >= 14;
}

/* Every window of the object that looks like a secret. */
static void want_object(const void *object) {
    const uint8_t *bytes = (const uint8_t *)object;
    size_t len = malloc_usable_size((void *)(uintptr_t)object);
    for (size_t at = 0; at + WINDOW <= len; at += 8) {
        uint8_t masked[WINDOW];
        if (!looks_random(bytes + at)) continue;
        for (int byte = 0; byte < WINDOW; byte++) masked[byte] = bytes[at + byte] ^ MASK;
        want(masked);
    }
}

static size_t found_in(const uint8_t *bytes, size_t len, unsigned long start, const char *place) {
    size_t found = 0;
    for (size_t at = 0; at + WINDOW <= len; at++) {
        unsigned first = (unsigned)(bytes[at] ^ MASK) << 8 | (bytes[at + 1] ^ MASK);
        if (!(first_bytes[first >> 3] & 1u << (first & 7))) continue;
        for (size_t each = 0; each < wanted_count; each++) {
            int byte = 0;
            while (byte < WINDOW && (bytes[at + byte] ^ MASK) == wanted[each][byte]) byte++;
            if (byte < WINDOW) continue;
            if (telling) fprintf(stderr, "window %zu of %zu at %lx in %s", each, wanted_count, start + at, place);
            found++;
            break;
        }
    }
    return found;
}

#define CHUNK (1 << 20)

/* Every writable page but the one that pages are read into. */
static size_t found_in_memory(void) {
    static uint8_t *copy;
    char line[512];
    size_t found = 0;
    int memory = open("/proc/self/mem", O_RDONLY);
    FILE *maps = fopen("/proc/self/maps", "r");
    CHECK(memory >= 0 && maps != NULL);
    if (copy == NULL) copy = guarded(CHUNK);
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long start, end;
        char mode[8];
        CHECK(sscanf(line, "%lx-%lx %7s", &start, &end, mode) == 3);
        if (mode[0] != 'r' || mode[1] != 'w') continue;
        while (start < end) {
            unsigned long own = (unsigned long)(uintptr_t)copy, len = end - start < CHUNK ? end - start : CHUNK;
            ssize_t got;
            if (start >= own && start < own + CHUNK) {
                start = own + CHUNK;
                continue;
            }
            if (start < own && start + len > own) len = own - start;
            got = pread(memory, copy, len, (off_t)start);
            if (got <= 0) break;
            found += found_in(copy, (size_t)got, start, line);
            /* What straddles two chunks is seen in the second. */
            start += (size_t)got == len && start + len < end && len > WINDOW ? len - WINDOW : (unsigned long)got;
        }
    }
    wipe(copy, CHUNK);
    fclose(maps);
    close(memory);
    return found;
}

/* A key of 32 bytes as it is written, and as numbers are kept: the lowest byte first. */
static void want_key(void) {
    uint8_t turned[SECRET_KEY_LEN];
    for (size_t at = 0; at < SECRET_KEY_LEN; at++) turned[at] = masked_key[SECRET_KEY_LEN - 1 - at];
    want_nothing();
    want_all(masked_key, SECRET_KEY_LEN);
    want_all(turned, SECRET_KEY_LEN);
}

static void want_secrets(void) {
    want_key();
    want_all(masked_text, SECRET_TEXT_LEN);
}

/* A stream that is open has let go of the key that opened it. */
static void look_in_the_middle(void) {
    const miyao_buffer *message = a_message();
    miyao_decryptor *decryptor = make_decryptor();
    want_key();
    telling = 0;
    CHECK(found_in_memory() > 0);
    telling = 1;
    OK(miyao_decryptor_write(decryptor, miyao_buffer_data(message), miyao_buffer_len(message), NULL));
    CHECK(found_in_memory() == 0);
    miyao_decryptor_free(decryptor);
}

/* A text in many frames, there and back through threads: nothing of it, nor of the key, is on a stack that nobody has any more. */
static void look_after_threads(uint32_t suite) {
    size_t len = 0, count = 0, room = (size_t)24 << 20;
    const size_t times = ((size_t)16 << 20) / SECRET_TEXT_LEN;
    uint8_t text[SECRET_TEXT_LEN], *message = (uint8_t *)malloc(room), *plaintext = (uint8_t *)malloc(room);
    miyao_options *options = make_options();
    miyao_opener *opener = make_opener();
    miyao_encryptor *encryptor = NULL;
    miyao_decryptor *decryptor = NULL;
    CHECK(message != NULL && plaintext != NULL);
    OK(miyao_options_set_suite(options, suite, NULL));
    OK(miyao_options_set_threads(options, 3, NULL));
    OK(miyao_opener_set_threads(opener, 3, NULL));
    OK(miyao_encryptor_new(options, &encryptor, NULL));
    secret_text(text);
    for (size_t at = 0; at < times; at++) memcpy(plaintext + at * SECRET_TEXT_LEN, text, sizeof text);
    wipe(text, sizeof text);
    OK(miyao_encryptor_write(encryptor, plaintext, times * SECRET_TEXT_LEN, NULL));
    OK(miyao_encryptor_finish(encryptor, NULL));
    OK(miyao_encryptor_take(encryptor, message, room, &len, NULL));
    miyao_encryptor_free(encryptor);
    OK(miyao_decryptor_new(opener, &decryptor, NULL));
    OK(miyao_decryptor_write(decryptor, message, len, NULL));
    OK(miyao_decryptor_end(decryptor, NULL));
    for (size_t got = 1; got > 0; count += got) OK(miyao_decryptor_read(decryptor, plaintext, room, &got, NULL));
    CHECK(count == times * SECRET_TEXT_LEN);
    miyao_decryptor_free(decryptor);
    miyao_options_free(options);
    miyao_opener_free(opener);
    wipe(plaintext, room);
    free(plaintext);
    free(message);
    want_secrets();
    CHECK(found_in_memory() == 0);
}

#define LOOK(name, all)                                                  \
    do {                                                                 \
        miyao_##name *object = make_##name();                            \
        want_secrets();                                                  \
        use_##name(object);                                              \
        if (all) want_object(object);                                    \
        (void)share_##name(object);                                      \
        miyao_##name##_free(object);                                     \
        if (found_in_memory() > 0) {                                     \
            fprintf(stderr, "that is left of " #name "\n");              \
            failed = 1;                                                  \
        }                                                                \
    } while (0);

#define LOOK_ALL(name) LOOK(name, 1)
#define LOOK_SECRETS(name) LOOK(name, 0)

int main(void) {
    uint8_t key[SECRET_KEY_LEN];
    int failed = 0;
    /* What is there is found. */
    want_nothing();
    want_all(masked_key, SECRET_KEY_LEN);
    secret_key(key);
    CHECK(found_in_memory() >= SECRET_KEY_LEN - WINDOW + 1);
    wipe(key, sizeof key);
    telling = 1;
    CHECK(found_in_memory() == 0);
    OBJECTS_WIPED(LOOK_ALL)
    OBJECTS_SHOWN(LOOK_SECRETS)
    OBJECTS_STORES(LOOK_SECRETS)
    look_in_the_middle();
    look_after_threads(MIYAO_SUITE_GCM);
    look_after_threads(MIYAO_SUITE_CTR_HMAC);
    return failed;
}
