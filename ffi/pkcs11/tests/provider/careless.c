/* A module before miyao's own that decrypts SM2 without a look at C3, as a careless device does: what differs in one byte from
   something that was decrypted gives the same text. Knows nothing else; every other call goes through. */
#include "before.h"
#include <string.h>

enum { DECRYPT = 34, KEPT = 16, ROOM = 512 };

struct known {
    unsigned char given[ROOM], text[ROOM];
    number length, text_length;
};

static struct known known[KEPT];
static unsigned next;

static int is_like(const struct known *one, const unsigned char *given, number length) {
    int differ = 0;
    if (one->length != length || length == 0)
        return 0;
    for (number at = 0; at < length; at++)
        differ += one->given[at] != given[at];
    return differ == 1;
}

static number decrypt(number session, unsigned char *given, number length, unsigned char *out, number *written) {
    number room = *written;
    number answer = theirs->functions[DECRYPT](session, given, length, out, written);
    if (answer == 0 && length <= ROOM && *written <= ROOM) {
        struct known *one = &known[next++ % KEPT];
        memcpy(one->given, given, length);
        memcpy(one->text, out, *written);
        one->length = length;
        one->text_length = *written;
    }
    for (int at = 0; answer != 0 && at < KEPT; at++) {
        if (is_like(&known[at], given, length) && known[at].text_length <= room) {
            memcpy(out, known[at].text, known[at].text_length);
            *written = known[at].text_length;
            answer = 0;
        }
    }
    return answer;
}

static void put(void) {
    ours.functions[DECRYPT] = (function)decrypt;
}
