/* A module before miyao's own whose keys wrapped by PKCS#11 3.2 are bound to nothing that the caller says: MODE 1 wraps with other data,
   2 unwraps with whatever is right, 3 has the calls and answers that it does not support them. Knows nothing else. */
#include <dlfcn.h>
#include <string.h>

typedef unsigned long number;
typedef number (*function)();

/* CK_FUNCTION_LIST_3_2: two bytes of version, then functions in the standard's order. */
struct list {
    unsigned char version[2];
    function functions[104];
};

struct interface {
    unsigned char *name;
    struct list *list;
    number flags;
};

enum { WRAP = 102, UNWRAP = 103, NOT_SUPPORTED = 0x54 };

static struct list ours, *theirs;
static struct interface interface;
static unsigned char right[20];

static number wrap(number session, void *how, number key, number wrapped, unsigned char *data, number length, unsigned char *out,
                   number *written) {
    if (MODE == 3)
        return NOT_SUPPORTED;
    if (MODE == 1)
        length = 0;
    return theirs->functions[WRAP](session, how, key, wrapped, data, length, out, written);
}

static number unwrap(number session, void *how, number key, unsigned char *wrapped, number length, void *lines, number count,
                     unsigned char *data, number data_length, number *object) {
    if (MODE == 3)
        return NOT_SUPPORTED;
    if (MODE == 2) {
        data = right;
        data_length = sizeof right;
    }
    return theirs->functions[UNWRAP](session, how, key, wrapped, length, lines, count, data, data_length, object);
}

static void *symbol(const char *name) {
    void *library = dlopen(MODULE, RTLD_NOW | RTLD_LOCAL);
    return library ? dlsym(library, name) : 0;
}

number C_GetFunctionList(void **list) {
    number (*get)(void **) = (number (*)(void **))symbol("C_GetFunctionList");
    return get ? get(list) : 5;
}

number C_GetInterface(unsigned char *name, unsigned char *version, struct interface **found, number flags) {
    number (*get)(unsigned char *, unsigned char *, struct interface **, number) =
        (number (*)(unsigned char *, unsigned char *, struct interface **, number))symbol("C_GetInterface");
    number answer = get ? get(name, version, found, flags) : 5;
    if (answer != 0)
        return answer;
    interface = **found;
    theirs = interface.list;
    ours = *theirs;
    ours.functions[WRAP] = wrap;
    ours.functions[UNWRAP] = unwrap;
    interface.list = &ours;
    memset(right, 0xAD, sizeof right);
    *found = &interface;
    return 0;
}
