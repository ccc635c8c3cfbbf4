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

#define PIECE 262144
#define PIECES 12
static uint8_t piece[PIECE];

static miyao_encryptor *busy_encryptor(size_t threads) {
    miyao_options *options = make_options();
    miyao_encryptor *made = NULL;
    OK(miyao_options_set_threads(options, threads, NULL));
    OK(miyao_encryptor_new(options, &made, NULL));
    miyao_options_free(options);
    for (int at = 0; at < PIECES / 2; at++) OK(miyao_encryptor_write(made, piece, sizeof piece, NULL));
    return made;
}

/* What is left of the message is made; it is of all pieces then. */
static miyao_buffer *finished(miyao_encryptor *encryptor) {
    static uint8_t message[PIECES * PIECE + PIECE];
    miyao_opener *opener = make_opener();
    miyao_buffer *text = NULL;
    size_t len = 0;
    for (int at = 0; at < PIECES / 2; at++) OK(miyao_encryptor_write(encryptor, piece, sizeof piece, NULL));
    OK(miyao_encryptor_finish(encryptor, NULL));
    CHECK(miyao_encryptor_ready(encryptor) <= sizeof message);
    OK(miyao_encryptor_take(encryptor, message, sizeof message, &len, NULL));
    OK(miyao_message_decrypt(opener, message, len, &text, NULL, NULL, 0, NULL));
    miyao_opener_free(opener);
    CHECK(miyao_buffer_len(text) == (size_t)PIECES * PIECE);
    return text;
}

/* The message was written to it, and more might come. */
static miyao_decryptor *unended_decryptor(size_t threads, const miyao_buffer *message) {
    miyao_opener *opener = make_opener();
    miyao_decryptor *made = NULL;
    OK(miyao_opener_set_threads(opener, threads, NULL));
    OK(miyao_decryptor_new(opener, &made, NULL));
    miyao_opener_free(opener);
    OK(miyao_decryptor_write(made, miyao_buffer_data(message), miyao_buffer_len(message), NULL));
    return made;
}

static miyao_decryptor *busy_decryptor(size_t threads, const miyao_buffer *message) {
    uint8_t byte;
    size_t len = 0;
    miyao_decryptor *made = unended_decryptor(threads, message);
    OK(miyao_decryptor_end(made, NULL));
    OK(miyao_decryptor_read(made, &byte, 1, &len, NULL));
    CHECK(len == 1);
    return made;
}

static void read_to_its_end(miyao_decryptor *decryptor) {
    static uint8_t out[PIECE];
    size_t len = 0, all = 1;
    uint32_t is_signed = 0;
    do {
        OK(miyao_decryptor_read(decryptor, out, sizeof out, &len, NULL));
        all += len;
    } while (len > 0);
    CHECK(all == (size_t)PIECES * PIECE);
    OK(miyao_decryptor_finish(decryptor, &is_signed, NULL, 0, NULL));
    CHECK(is_signed == MIYAO_SIGNED_UNCHECKED);
}

/* What the child shared with threads of its parent is lost with them, which a tool that looks for leaks would tell. */
static void end_untold(void) {
    execlp("true", "true", (char *)NULL);
    _exit(1);
}

static void ends_well(pid_t child) {
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

/* The call ends with this status, and says that the stream is to be opened after the fork. */
#define IS_LEFT(call)                                                               \
    do {                                                                            \
        miyao_error *error = NULL;                                                  \
        CHECK((call) == MIYAO_STATUS_UNAVAILABLE);                                  \
        CHECK(strstr(miyao_error_message(error), "open the stream after") != NULL); \
        miyao_error_free(error);                                                    \
    } while (0)

#ifdef __SANITIZE_ADDRESS__
#include <dirent.h>

/* Whether every thread but this one sleeps. */
static int others_sleep(void) {
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *task;
    int all = 1;
    CHECK(tasks != NULL);
    while ((task = readdir(tasks)) != NULL) {
        char name[300], state = 'S';
        FILE *status;
        if (task->d_name[0] == '.' || atoi(task->d_name) == (int)getpid()) continue;
        snprintf(name, sizeof name, "/proc/self/task/%s/stat", task->d_name);
        status = fopen(name, "r");
        if (status == NULL) continue; /* it has ended */
        all = fscanf(status, "%*d (%*[^)]) %c", &state) != 1 || state == 'S' ? all : 0;
        fclose(status);
    }
    closedir(tasks);
    return all;
}

/* The sanitizer's allocator may be locked for ever in a child, by a thread that allocates when it is made: so nobody does. */
static void others_rest(void) {
    int quiet = 0;
    for (int look = 0; look < 3000 && quiet < 10; look++) {
        quiet = others_sleep() ? quiet + 1 : 0;
        usleep(20000);
    }
    CHECK(quiet == 10);
}
#else
static void others_rest(void) {}
#endif

/* A stream goes on in the parent; its child is refused what needs the threads of the parent, waits for none, and may free it. */
static void streams_with_threads(void) {
    miyao_options *options = make_options();
    miyao_buffer *message = NULL, *text;
    uint8_t *all = (uint8_t *)calloc(PIECES, PIECE), byte;
    size_t len;
    pid_t child;
    CHECK(all != NULL);
    OK(miyao_message_encrypt(options, all, (size_t)PIECES * PIECE, &message, NULL));
    free(all);
    miyao_options_free(options);
    for (int round = 0; round < 8; round++) {
        miyao_encryptor *encryptor = busy_encryptor(4);
        miyao_decryptor *decryptor = busy_decryptor(4, message);
        miyao_decryptor *unended = unended_decryptor(4, message);
        others_rest();
        child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            alarm(60);
            if (round % 2 == 0) {
                IS_LEFT(miyao_encryptor_write(encryptor, piece, sizeof piece, &error));
                CHECK(miyao_encryptor_finish(encryptor, NULL) == MIYAO_STATUS_INVALID);
                IS_LEFT(miyao_decryptor_write(unended, piece, sizeof piece, &error));
                IS_LEFT(miyao_decryptor_end(unended, &error));
                IS_LEFT(miyao_decryptor_read(decryptor, &byte, 1, &len, &error));
                IS_LEFT(miyao_decryptor_finish(decryptor, NULL, NULL, 0, &error));
            }
            if (round % 4 == 1) IS_LEFT(miyao_encryptor_finish(encryptor, &error));
            miyao_encryptor_free(encryptor);
            miyao_decryptor_free(decryptor);
            miyao_decryptor_free(unended);
            /* Those that it opens itself are as any. */
            encryptor = busy_encryptor(2);
            miyao_buffer_free(finished(encryptor));
            miyao_encryptor_free(encryptor);
            end_untold();
        }
        ends_well(child);
        text = finished(encryptor);
        miyao_buffer_free(text);
        read_to_its_end(decryptor);
        OK(miyao_decryptor_end(unended, NULL));
        OK(miyao_decryptor_read(unended, &byte, 1, &len, NULL));
        read_to_its_end(unended);
        miyao_encryptor_free(encryptor);
        miyao_decryptor_free(decryptor);
        miyao_decryptor_free(unended);
    }
    miyao_buffer_free(message);
}

/* One without threads goes on in either process. */
static void a_stream_alone(void) {
    miyao_encryptor *encryptor = busy_encryptor(1);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm(60);
        miyao_buffer_free(finished(encryptor));
        miyao_encryptor_free(encryptor);
        _exit(0);
    }
    ends_well(child);
    miyao_encryptor_free(encryptor);
}

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
    streams_with_threads();
    a_stream_alone();
    return 0;
}
