// Answers the coordinator, a line for a line: `check ROW/SIZE` with the bytes that come out, `time ROW/SIZE NANOSECONDS`
// with the nanoseconds of a call in the best of the short batches that fit that time, `ask QUESTION HEX…` with the bytes
// that the question has for an answer, or `refused`.
//
// Knows no library; src/lib.rs and go/worker.go are the same for theirs.
#define _POSIX_C_SOURCE 200809L
#include "worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 200000, AT_ONCE = 16384, TAG = 16, MESSAGES = 16 };

const uint8_t KEYS[32] = {1,   18,  35,  52,  69,  86,  103, 120, 137, 154, 171, 188, 205, 222, 239, 0,
                          17,  34,  51,  68,  85,  102, 119, 136, 153, 170, 187, 204, 221, 238, 255, 16};
const uint8_t NONCE[16] = {9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39, 42, 45, 48, 51, 54};

static uint8_t *arena, *saved, out[32 * MESSAGES];
static size_t room;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

static void must(int done, const char *what) {
    if (done) return;
    fprintf(stderr, "%s failed\n", what);
    exit(1);
}

static void fill(uint8_t *bytes, size_t size) {
    for (size_t at = 0; at < size; at++) bytes[at] = at * 167 + (at >> 8) * 59 + 3;
}

// How many messages of an OPEN row lie side by side, so that the clock is not read for each.
static size_t copies(const struct row *row, size_t size) {
    return row->kind == OPEN && size < AT_ONCE ? AT_ONCE / size : 1;
}

// Messages as they are before the first call.
static void prepare(const struct row *row, size_t size) {
    size_t each = size + (row->kind == OPEN ? TAG : 0);
    fill(arena, row->kind == MANY ? MESSAGES * (size + STRIDE) : size);
    if (row->kind != OPEN) return;
    must(row->other(arena, size, out), row->name);
    for (size_t at = 0; at < copies(row, size); at++) memcpy(saved + at * each, arena, each);
}

// Nanoseconds of so many calls.
static double batch(const struct row *row, size_t size, size_t calls) {
    size_t many = copies(row, size), each = size + TAG;
    if (row->kind != OPEN) {
        int good = 1;
        double begun = now();
        for (size_t call = 0; call < calls; call++) good &= row->work(arena, size, out);
        double spent = now() - begun;
        must(good, row->name);
        return spent;
    }
    double spent = 0;
    for (size_t done = 0; done < calls; done += many) {
        int good = 1;
        memcpy(arena, saved, many * each);
        double begun = now();
        for (size_t at = 0; at < many; at++) good &= row->work(arena + at * each, size, out);
        spent += now() - begun;
        must(good, row->name);
    }
    return spent;
}

static double best(const struct row *row, size_t size, double budget) {
    size_t calls = copies(row, size);
    double spent, least = 1e300;
    prepare(row, size);
    while ((spent = batch(row, size, calls)) < BATCH) calls *= 2;
    double until = now() + budget;
    for (int at = 0; at < 3 || now() < until; at++) {
        if (spent < least) least = spent;
        spent = batch(row, size, calls);
    }
    return least / calls;
}

static void hex(const uint8_t *bytes, size_t size) {
    for (size_t at = 0; at < size; at++) printf("%02x", bytes[at]);
    printf("\n");
}

// A message with one bit changed must be refused.
static void refuses(const struct row *row, size_t size) {
    memcpy(arena, saved, size + TAG);
    arena[size / 2] ^= 1;
    must(!row->work(arena, size, out), "the check of a tag");
    memcpy(arena, saved, size + TAG);
}

static void check(const struct row *row, size_t size) {
    static const uint8_t zero[16];
    prepare(row, size);
    if (row->kind == OPEN) refuses(row, size);
    must(row->work(arena, size, out), row->name);
    if (row->kind == KEY) {
        memcpy(arena, zero, 16);
        must(row->other(arena, 16, out), row->name);
    }
    switch (row->kind) {
    case HASH: hex(out, 32); break;
    case MANY: hex(out, 32 * MESSAGES); break;
    case KEY: hex(arena, 16); break;
    case SEAL: hex(arena, size + TAG); break;
    default: hex(arena, size);
    }
}

static const struct row *find(const struct row *row, const char *name) {
    for (; row->name; row++)
        if (!strcmp(row->name, name) && row->work) return row;
    return NULL;
}

static const struct question *question(const char *name) {
    for (const struct question *known = questions; known->name; known++)
        if (!strcmp(known->name, name)) return known;
    return NULL;
}

// Fields are hexadecimal, `-` where there are no bytes; they are read where they stand.
static void tell(char *line) {
    static uint8_t answer[4096];
    struct field fields[8] = {0};
    const struct question *asked = question(strtok(line, " \n"));
    size_t count = 0;
    for (char *word; count < 8 && (word = strtok(NULL, " \n")); count++) {
        uint8_t *bytes = (uint8_t *)word;
        unsigned byte;
        fields[count].bytes = bytes;
        for (; sscanf(word, "%2x", &byte) == 1; word += 2) bytes[fields[count].size++] = byte;
    }
    if (!asked) {
        printf("none\n");
        return;
    }
    size_t size = asked->answer(fields, answer);
    if (size) hex(answer, size);
    else printf("refused\n");
}

static void reserve(size_t size) {
    size_t needed = MESSAGES * (size + STRIDE) + AT_ONCE * 2;
    if (needed <= room) return;
    free(arena);
    free(saved);
    room = (needed + 4095) / 4096 * 4096;
    must(!posix_memalign((void **)&arena, 4096, room) && !posix_memalign((void **)&saved, 4096, room), "memory");
    memset(arena, 0, room);
}

int main(void) {
    static char line[65536];
    char name[64];
    printf("%s\n", ready());
    fflush(stdout);
    sm2_ready();
    while (fgets(line, sizeof line, stdin)) {
        if (!strncmp(line, "ask ", 4)) {
            tell(line + 4);
            fflush(stdout);
            continue;
        }
        size_t size = 0;
        double budget = 0;
        int timed = sscanf(line, "time %63[^/ \n]/%zu %lf", name, &size, &budget) > 0;
        if (!timed) must(sscanf(line, "check %63[^/ \n]/%zu", name, &size) > 0, "reading a line");
        const struct row *row = find(rows, name);
        if (!row) row = find(sm2_rows, name);
        reserve(size);
        if (!row) printf("none\n");
        else if (timed) printf("%.3f\n", best(row, size, budget));
        else check(row, size);
        fflush(stdout);
    }
    return 0;
}
