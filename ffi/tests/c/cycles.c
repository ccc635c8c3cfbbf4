/* Ten thousand of every object, one after another, leave no memory behind. */
#include "check.h"
#include "objects.h"

#include <malloc.h>
#include <time.h>

#define CYCLES 10000
/* Every one is made and freed ten thousand times; how often it is used meanwhile, which for some takes milliseconds, the time decides. */
#define SECONDS 1
#define FEWEST 200
/* A kept generator or a message of the system's library, never an object of a hundred. */
#define SLACK 4096

static size_t in_use(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* The thread that keeps a store ends within a second, and holds what it slept on until then: no secret. On a busy machine the last
   ones are waited for a while longer. */
#define PAUSE 3

#define CYCLE(name, pause)                                                                   \
    do {                                                                                     \
        size_t before = 0;                                                                   \
        time_t end = time(NULL) + SECONDS;                                                   \
        int made = 0;                                                                        \
        for (; made < CYCLES; made++) {                                                      \
            miyao_##name *object = make_##name();                                            \
            if (made < FEWEST || time(NULL) < end) {                                         \
                use_##name(object);                                                          \
                (void)share_##name(object);                                                  \
            }                                                                                \
            miyao_##name##_free(object);                                                     \
            if (made != FEWEST / 2) continue;                                                \
            sleep(pause);                                                                    \
            before = in_use();                                                               \
        }                                                                                    \
        sleep(pause);                                                                        \
        for (int more = 20 * (pause); more > 0 && in_use() > before + SLACK; more--) sleep(1); \
        if (in_use() > before + SLACK) {                                                     \
            fprintf(stderr, #name ": %zu bytes more after %d\n", in_use() - before, made);   \
            return 1;                                                                        \
        }                                                                                    \
    } while (0);

#define CYCLE_AT_ONCE(name) CYCLE(name, 0)
#define CYCLE_IN_A_WHILE(name) CYCLE(name, PAUSE)

int main(int argc, char **argv) {
    /* A thread's own stock of free pieces counts as in use, and grows with every size that is met: without it the count is exact. */
    if (argc > 0 && getenv("GLIBC_TUNABLES") == NULL) {
        CHECK(setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1) == 0);
        execv("/proc/self/exe", argv);
        CHECK(0);
    }
    OBJECTS_FORKED(CYCLE_AT_ONCE)
    OBJECTS_STORES(CYCLE_IN_A_WHILE)
    return 0;
}
