/* A module before miyao's own that decrypts SM2 without a look at C3, as a careless device does: what differs in one byte from
   something that was decrypted gives the same text. Knows nothing else; every other call goes through. */
#include <dlfcn.h>
#include <string.h>

typedef unsigned long number;
typedef number (*function)();

/* CK_FUNCTION_LIST: two bytes of version, then functions in the standard's order. */
struct list {
    unsigned char version[2];
    function functions[68];
};

enum { DECRYPT = 34, GET_FUNCTION_LIST = 3, KEPT = 16, ROOM = 512 };

struct known {
    unsigned char given[ROOM], text[ROOM];
    number length, text_length;
};

static struct list ours;
static struct list *theirs;
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

number C_GetFunctionList(struct list **list) {
    if (theirs == 0) {
        void *library = dlopen(MODULE, RTLD_NOW | RTLD_LOCAL);
        number (*get)(struct list **) = library ? (number (*)(struct list **))dlsym(library, "C_GetFunctionList") : 0;
        if (get == 0 || get(&theirs) != 0)
            return 5;
        ours = *theirs;
        ours.functions[DECRYPT] = (function)decrypt;
        ours.functions[GET_FUNCTION_LIST] = (function)C_GetFunctionList;
    }
    *list = &ours;
    return 0;
}
