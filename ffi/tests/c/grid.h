/* What the generated grid gives to functions, and what it looks at afterwards. The grid itself is made from the record of the interface
   by programs/grid.rs: a function that is new is in it. */
#ifndef GRID_H
#define GRID_H

#include "check.h"
#include "objects.h"

struct input {
    const uint8_t *data;
    size_t len;
};

static const uint8_t some_bytes[64] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};

/* From the fourth on they are lies that have to be found out. */
#define INPUTS 7
static inline struct input input(int pick) {
    static const struct input all[INPUTS] = {{some_bytes, 16}, {some_bytes, 32},       {NULL, 0},       {some_bytes, 1},
                                             {NULL, 1},        {some_bytes, SIZE_MAX}, {NULL, SIZE_MAX}};
    return all[pick];
}
#define IS_LIE(pick) ((pick) >= 4)

#define ROOMS 6
#define ROOM 4096
static uint8_t rooms[8][ROOM];

struct output {
    uint8_t *data;
    size_t cap;
};

static inline struct output output(int at, int pick) {
    const struct output all[ROOMS] = {{rooms[at], ROOM}, {NULL, 0}, {NULL, 64}, {rooms[at], 0}, {rooms[at], 1}, {rooms[at], SIZE_MAX}};
    memset(rooms[at], UNTOUCHED, ROOM);
    return all[pick];
}

#define NUMBERS 6
static inline uint32_t number(int pick) {
    static const uint32_t all[NUMBERS] = {1, 0, 2, 3, 8, 1000};
    return all[pick];
}

#define WIDE_NUMBERS 4
static inline uint64_t wide_number(int pick) {
    static const uint64_t all[WIDE_NUMBERS] = {1, 0, 3600, (uint64_t)1 << 40};
    return all[pick];
}

/* Not more than there are items in the arrays, or more than any memory has. */
#define COUNTS 4
#define ITEMS 16
static inline size_t count(int pick) {
    static const size_t all[COUNTS] = {ITEMS, 0, 1, SIZE_MAX};
    return all[pick];
}

static const uint8_t *const many_inputs[ITEMS] = {
    some_bytes, some_bytes, some_bytes, some_bytes, some_bytes, some_bytes, some_bytes, some_bytes,
    some_bytes, some_bytes, some_bytes, some_bytes, some_bytes, some_bytes, some_bytes, some_bytes};
static const size_t many_lens[ITEMS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 17, 32, 33, 48, 63, 64};

/* The function that is called, for the report of a crash. */
struct place {
    const char *name;
    int picks[24];
    int count;
};
static struct place *now;

static inline void not_so(const char *what) {
    fprintf(stderr, "%s(", now->name);
    for (int at = 0; at < now->count; at++) fprintf(stderr, at ? ", %d" : "%d", now->picks[at]);
    fprintf(stderr, "): %s\n", what);
    _exit(1);
}

/* A status that exists, and output on success only; what a decryption left is zeros. */
static inline void after(uint32_t status, int outputs) {
    if (strcmp(miyao_status_name(status), "Unknown") == 0) not_so("no such status");
    if (status == MIYAO_STATUS_INTERNAL) not_so("a defect");
    if (status == MIYAO_STATUS_OK) return;
    for (int at = 0; at < outputs; at++)
        for (size_t byte = 0; byte < ROOM; byte++) {
            if (rooms[at][byte] == UNTOUCHED) continue;
            if (status != MIYAO_STATUS_REJECTED || rooms[at][byte] != 0) not_so("it failed and wrote");
        }
}

typedef uint32_t (*call)(const int *picks);

static inline uint32_t one(call function, const int *picks, int count) {
    memcpy(now->picks, picks, (size_t)count * sizeof *picks);
    return function(picks);
}

/* What may be NULL is not what makes a call invalid that is none before and after. `nulls` are places from 1 on, with 0 at the end. */
static inline void takes_null(call function, const int *sizes, int count, const int *nulls) {
    int picks[24] = {0};
    for (; *nulls != 0; nulls++) {
        uint32_t before, without;
        if (sizes[*nulls - 1] < 2) continue;
        before = one(function, picks, count);
        picks[*nulls - 1] = 1;
        without = one(function, picks, count);
        picks[*nulls - 1] = 0;
        if (one(function, picks, count) == MIYAO_STATUS_INVALID || before == MIYAO_STATUS_INVALID) continue;
        if (without == MIYAO_STATUS_INVALID) not_so("it takes no NULL");
    }
}

/* The grid's own: frees what is of use in the process alone that made it. */
static void let_go(void);

/* Each argument in all its forms, the others as they should be. */
static inline void walk_along(call function, const int *sizes, int count) {
    int picks[24] = {0};
    one(function, picks, count);
    for (int at = 0; at < count; at++) {
        for (picks[at] = 1; picks[at] < sizes[at]; picks[at]++) one(function, picks, count);
        picks[at] = 0;
    }
}

/* Every combination where there are few; otherwise every two arguments in all their forms, the others as they should be and as NULL. */
static inline void walk(const char *name, call function, const int *sizes, int count, const int *nulls) {
    int picks[24] = {0};
    long combinations = 1;
    CHECK(count <= 24);
    for (int at = 0; at < count && combinations <= 20000; at++) combinations *= sizes[at];
    now->name = name;
    now->count = count;
    takes_null(function, sizes, count, nulls);
    if (is_light()) {
        walk_along(function, sizes, count);
        return;
    }
    if (combinations <= 3000) {
        for (long each = 0; each < combinations; each++) {
            long rest = each;
            for (int at = 0; at < count; at++) {
                picks[at] = (int)(rest % sizes[at]);
                rest /= sizes[at];
            }
            one(function, picks, count);
        }
        return;
    }
    for (int base = 0; base < 2; base++)
        for (int first = 0; first < count; first++)
            for (int second = first + 1; second < count; second++)
                for (int a = 0; a < sizes[first]; a++)
                    for (int b = 0; b < sizes[second]; b++) {
                        for (int at = 0; at < count; at++) picks[at] = base < sizes[at] ? base : 0;
                        picks[first] = a;
                        picks[second] = b;
                        one(function, picks, count);
                    }
}

/* In a process of its own, which may crash without the others. */
static inline int walk_apart(const char *name, call function, const int *sizes, int count, const int *nulls) {
    int status = 0;
    pid_t child;
    if (is_light()) {
        walk(name, function, sizes, count, nulls);
        /* Another function may have closed it. */
        let_go();
        return 0;
    }
    fflush(NULL);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm(300);
        walk(name, function, sizes, count, nulls);
        exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
    if (WIFSIGNALED(status)) {
        fprintf(stderr, "%s: signal %d at (", name, WTERMSIG(status));
        for (int at = 0; at < count; at++) fprintf(stderr, at ? ", %d" : "%d", now->picks[at]);
        fprintf(stderr, ")\n");
    }
    return 1;
}

static inline void begin(void) {
    now = (struct place *)mmap(NULL, sizeof *now, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(now != MAP_FAILED);
}

#endif
