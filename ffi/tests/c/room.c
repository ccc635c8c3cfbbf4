/* Every output of bytes: exactly the promised room is enough, with the next page out of bounds, and one byte less is refused before
   anything is written. */
#include "check.h"
#include "rooms_sm2.h"
#include "rooms_kms.h"
#include "rooms_symmetric.h"

/* For a function that fills whatever room it gets. */
#define FILLS ((size_t)-1)

typedef miyao_status (*row)(uint8_t *out, size_t cap);

static void fits(const char *name, row function, size_t promised) {
    uint8_t *out = guarded(promised);
    miyao_status status = function(out, promised);
    if (status != MIYAO_STATUS_OK) {
        fprintf(stderr, "%s: %s with the room of %zu bytes that it promises\n", name, miyao_status_name((uint32_t)status), promised);
        exit(1);
    }
    CHECK(promised < 8 || !is_untouched(out, promised));
    unguard(out, promised);
}

static void refuses(const char *name, row function, size_t cap) {
    uint8_t *out = guarded(cap);
    miyao_status status = function(out, cap);
    if (status != MIYAO_STATUS_INVALID || !is_untouched(out, cap)) {
        fprintf(stderr, "%s: %s with room of %zu bytes\n", name, miyao_status_name((uint32_t)status), cap);
        exit(1);
    }
    unguard(out, cap);
}

static void check(const char *name, row function, size_t promised) {
    static const size_t lens[] = {1, 15, 16, 31, 32, 33, 64, 100};
    if (promised == FILLS) {
        for (size_t at = 0; at < sizeof lens / sizeof *lens; at++) fits(name, function, lens[at]);
        return;
    }
    fits(name, function, promised);
    for (size_t cap = 0; cap < promised; cap += cap + 1 < promised && promised > 300 ? 97 : 1) refuses(name, function, cap);
    if (promised > 0) refuses(name, function, promised - 1);
}

#define CHECK_ROOM(function, output, promised) check(#function ", " #output, room_##function##_##output, promised);

int main(void) {
    ROOMS_SYMMETRIC(CHECK_ROOM)
    ROOMS_SM2(CHECK_ROOM)
    ROOMS_KMS(CHECK_ROOM)
    return 0;
}
