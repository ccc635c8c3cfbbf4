/* A module before a copy of miyao's own, of a device that is dead as long as a file is there: every call answers that the device was
   removed. Two such copies are two libraries, so that one device dies and the other does not. Knows no call's arguments: it passes
   on as many words as the longest call has. */
#include <dlfcn.h>
#include <unistd.h>

typedef unsigned long number;
typedef number (*function)(number, number, number, number, number, number, number, number);

/* CK_FUNCTION_LIST: two bytes of version, then functions in the standard's order. */
struct list {
    unsigned char version[2];
    function functions[68];
};

enum { FINALIZE = 1, GET_FUNCTION_LIST = 3, DEVICE_REMOVED = 0x32 };

static struct list ours;
static struct list *theirs;

#define WORDS number a, number b, number c, number d, number e, number f, number g, number h
#define CALL(at)                                                                                                       \
    static number call_##at(WORDS) {                                                                                   \
        return access(DEAD, F_OK) == 0 ? DEVICE_REMOVED : theirs->functions[at](a, b, c, d, e, f, g, h);               \
    }
#define PUT(at) ours.functions[at] = call_##at;
#define TEN(X, tens) X(tens##0) X(tens##1) X(tens##2) X(tens##3) X(tens##4) X(tens##5) X(tens##6) X(tens##7) X(tens##8) X(tens##9)
#define ALL(X) TEN(X, ) TEN(X, 1) TEN(X, 2) TEN(X, 3) TEN(X, 4) TEN(X, 5) X(60) X(61) X(62) X(63) X(64) X(65) X(66) X(67)

ALL(CALL)

number C_GetFunctionList(struct list **list) {
    if (theirs == 0) {
        void *library = dlopen(MODULE, RTLD_NOW | RTLD_LOCAL);
        number (*get)(struct list **) = library ? (number (*)(struct list **))dlsym(library, "C_GetFunctionList") : 0;
        if (get == 0 || get(&theirs) != 0)
            return 5;
        ours = *theirs;
        ALL(PUT)
        ours.functions[FINALIZE] = theirs->functions[FINALIZE];
        ours.functions[GET_FUNCTION_LIST] = (function)(void *)C_GetFunctionList;
    }
    *list = &ours;
    return 0;
}
