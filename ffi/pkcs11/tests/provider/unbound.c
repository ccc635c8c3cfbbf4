/* A module before miyao's own whose keys wrapped by PKCS#11 3.2 are bound to nothing that the caller says: MODE 1 wraps with other data,
   2 unwraps with whatever is right, 3 has the calls and answers that it does not support them. Knows nothing else. */
#include "before.h"
#include <string.h>

/* CK_FUNCTION_LIST_3_2, which begins likewise. */
struct longer {
    unsigned char version[2];
    function functions[104];
};

struct interface {
    unsigned char *name;
    struct longer *list;
    number flags;
};

enum { WRAP = 102, UNWRAP = 103, NOT_SUPPORTED = 0x54 };

static struct longer longer, *theirs_longer;
static struct interface interface;
static unsigned char right[20];

static number wrap(number session, void *how, number key, number wrapped, unsigned char *data, number length, unsigned char *out,
                   number *written) {
    if (MODE == 3)
        return NOT_SUPPORTED;
    if (MODE == 1)
        length = 0;
    return theirs_longer->functions[WRAP](session, how, key, wrapped, data, length, out, written);
}

static number unwrap(number session, void *how, number key, unsigned char *wrapped, number length, void *lines, number count,
                     unsigned char *data, number data_length, number *object) {
    if (MODE == 3)
        return NOT_SUPPORTED;
    if (MODE == 2) {
        data = right;
        data_length = sizeof right;
    }
    return theirs_longer->functions[UNWRAP](session, how, key, wrapped, length, lines, count, data, data_length, object);
}

static void put(void) {}

number C_GetInterface(unsigned char *name, unsigned char *version, struct interface **found, number flags) {
    function get = theirs_of("C_GetInterface");
    number answer = get ? get(name, version, found, flags) : 5;
    if (answer != 0)
        return answer;
    interface = **found;
    theirs_longer = interface.list;
    longer = *theirs_longer;
    longer.functions[WRAP] = (function)wrap;
    longer.functions[UNWRAP] = (function)unwrap;
    interface.list = &longer;
    memset(right, 0xAD, sizeof right);
    *found = &interface;
    return 0;
}
