/* An object that was made before a fork is good in both processes, and random numbers differ. */
#include "check.h"
#include "objects.h"

#define CHILD(name)                                       \
    do {                                                  \
        miyao_##name *object = make_##name();             \
        int status = 0;                                   \
        pid_t child;                                      \
        use_##name(object);                               \
        child = fork();                                   \
        CHECK(child >= 0);                                \
        if (child == 0) {                                 \
            uint32_t sum = share_##name(object);          \
            use_##name(object);                           \
            miyao_##name##_free(object);                  \
            _exit((int)(sum % 251));                      \
        }                                                 \
        CHECK(waitpid(child, &status, 0) == child);       \
        CHECK(WIFEXITED(status));                         \
        CHECK(WEXITSTATUS(status) == (int)(share_##name(object) % 251)); \
        use_##name(object);                               \
        miyao_##name##_free(object);                      \
    } while (0);

int main(void) {
    uint8_t mine[32], theirs[32];
    int ends[2], status = 0;
    pid_t child;
    OK(miyao_random(mine, sizeof mine));
    CHECK(pipe(ends) == 0);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        OK(miyao_random(theirs, sizeof theirs));
        CHECK(write(ends[1], theirs, sizeof theirs) == sizeof theirs);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(read(ends[0], theirs, sizeof theirs) == sizeof theirs);
    OK(miyao_random(mine, sizeof mine));
    CHECK(memcmp(mine, theirs, sizeof mine) != 0);
    /* What a child has of a store is in stores/kms_fork.c. */
    OBJECTS_FORKED(CHILD)
    return 0;
}
