/* Sixteen threads use one object of every kind that is passed as const, and each sees what one alone sees. */
#include "check.h"
#include "objects.h"

#include <pthread.h>

#define THREADS 16
#define ROUNDS 50

struct job {
    const void *object;
    uint32_t (*share)(const void *);
    uint32_t expected;
};

static void *work(void *argument) {
    const struct job *job = (const struct job *)argument;
    int rounds = is_light() ? 1 : ROUNDS;
    for (int round = 0; round < rounds; round++) CHECK(job->share(job->object) == job->expected);
    return NULL;
}

static void together(const void *object, uint32_t (*share)(const void *)) {
    struct job job = {object, share, share(object)};
    pthread_t threads[THREADS];
    int count = is_light() ? 2 : THREADS;
    for (int at = 0; at < count; at++) CHECK(pthread_create(&threads[at], NULL, work, &job) == 0);
    for (int at = 0; at < count; at++) CHECK(pthread_join(threads[at], NULL) == 0);
}

#define SHARE(name) \
    static uint32_t any_##name(const void *object) { return share_##name((const miyao_##name *)object); }
OBJECTS(SHARE)

#define TOGETHER(name)                         \
    do {                                       \
        miyao_##name *object = make_##name();  \
        use_##name(object);                    \
        together(object, any_##name);          \
        miyao_##name##_free(object);           \
    } while (0);

int main(void) {
    OBJECTS(TOGETHER)
    return 0;
}
