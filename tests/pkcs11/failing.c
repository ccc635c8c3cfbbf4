/* A module before another one, of which one call fails as a file says: which by its place in the table, the how many-th from when the
   file was written or 0 for every one, the number that it answers with, and a mark by which a new file is known. What struck is
   written down. Knows no call's arguments: it passes on as many words as the longest call has. */
#include "before.h"
#include <stdio.h>

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

#define CALL(at)                                                                                                       \
    static number call_##at(WORDS) {                                                                                   \
        number answer = struck(at);                                                                                    \
        return answer != 0 ? answer : PASS_ON(at);                                                                     \
    }

ALL(CALL)

static void put(void) {
    ALL(PUT)
}
