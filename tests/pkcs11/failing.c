/* A module before another one, of which one call fails as a file says: which by its place in the table, the how many-th from when the
   file was written or 0 for every one, the number that it answers with, and a mark by which a new file is known. What struck is
   written down. Knows no call's arguments: it passes on as many words as the longest call has. */
#include <dlfcn.h>
#include <stdio.h>

typedef unsigned long number;
typedef number (*function)(number, number, number, number, number, number, number, number);

/* CK_FUNCTION_LIST: two bytes of version, then functions in the standard's order. */
struct list {
    unsigned char version[2];
    function functions[68];
};

enum { GET_FUNCTION_LIST = 3 };

static struct list ours;
static struct list *theirs;

static number struck(number at) {
    static number known, count;
    number place, call, answer, mark;
    FILE *control = fopen(CONTROL, "r");
    if (control == 0)
        return 0;
    int read = fscanf(control, "%lu %lu %lu %lu", &place, &call, &answer, &mark);
    fclose(control);
    if (read != 4 || place != at)
        return 0;
    if (__atomic_exchange_n(&known, mark, __ATOMIC_SEQ_CST) != mark)
        __atomic_store_n(&count, 0, __ATOMIC_SEQ_CST);
    if (__atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST) != call && call != 0)
        return 0;
    FILE *log = fopen(CONTROL ".log", "a");
    if (log != 0) {
        fputc('.', log);
        fclose(log);
    }
    return answer;
}

#define WORDS number a, number b, number c, number d, number e, number f, number g, number h
#define CALL(at)                                                                                                       \
    static number call_##at(WORDS) {                                                                                   \
        number answer = struck(at);                                                                                    \
        return answer != 0 ? answer : theirs->functions[at](a, b, c, d, e, f, g, h);                                   \
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
        ours.functions[GET_FUNCTION_LIST] = (function)(void *)C_GetFunctionList;
    }
    *list = &ours;
    return 0;
}
