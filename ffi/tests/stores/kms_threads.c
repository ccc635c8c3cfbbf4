// Sixteen threads on one store: tokens made and opened while the key rotates, then the store closed under their hands.
//
// Takes the path of an empty directory.

#include "kms.h"

enum { MOST = 16 };

static size_t threads_count, rounds, rotations;

static miyao_kms *kms;
static miyao_key_ref *key;
static miyao_context *context;
static pthread_barrier_t closing;

static miyao_status round_trip(size_t number) {
    uint8_t text[64], token[256], back[64];
    size_t len = 0, back_len = 0;
    int text_len = snprintf((char *)text, sizeof text, "value %zu", number);
    miyao_status status = miyao_kms_encrypt(kms, key, context, text, (size_t)text_len, token, sizeof token, &len, NULL);
    if (status == MIYAO_STATUS_OK) {
        status = miyao_kms_decrypt(kms, context, token, len, back, sizeof back, &back_len, NULL, 0, NULL, NULL, NULL);
    }
    if (status == MIYAO_STATUS_OK) {
        CHECK(back_len == (size_t)text_len && memcmp(text, back, back_len) == 0);
    }
    return status;
}

static void *work(void *argument) {
    size_t number = (size_t)argument;
    for (size_t round = 0; round < rounds; round++) {
        CHECK(round_trip(number * rounds + round) == MIYAO_STATUS_OK);
    }
    pthread_barrier_wait(&closing);
    // Closed at some time: from then on, and no other way, it is refused.
    miyao_status status = MIYAO_STATUS_OK;
    while (status == MIYAO_STATUS_OK) {
        status = round_trip(number);
    }
    CHECK(status == MIYAO_STATUS_INVALID);
    return NULL;
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    threads_count = is_light() ? 3 : MOST;
    rounds = is_light() ? 5 : 200;
    rotations = is_light() ? 2 : 10;
    kms = made(argv[1]);
    make(kms, "orders", MIYAO_SPEC_SM4);
    key = named("orders");
    DONE(miyao_context_new(&context));
    DONE(miyao_context_add(context, BYTES("row"), BYTES("7"), &error));
    CHECK(pthread_barrier_init(&closing, NULL, (unsigned)threads_count + 1) == 0);
    pthread_t threads[MOST];
    for (size_t i = 0; i < threads_count; i++) {
        CHECK(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    }
    uint32_t version = 0;
    for (size_t i = 0; i < rotations; i++) {
        DONE(miyao_kms_rotate(kms, key, 0, &version, &error));
    }
    CHECK(version == rotations + 1);
    pthread_barrier_wait(&closing);
    DONE(miyao_kms_close(kms, &error));
    for (size_t i = 0; i < threads_count; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    miyao_kms_free(kms);
    kms = opened(argv[1]);
    miyao_buffer *record = NULL;
    DONE(miyao_kms_verify_audit(kms, &record, &error));
    CHECK(tells(record, "\"entries\""));
    miyao_kms_free(kms);
    miyao_key_ref_free(key);
    miyao_context_free(context);
    return 0;
}
