// Messages: in memory, through functions, pushed and pulled, read from any place, wrapped anew; and what each refusal is.
//
// Takes the path of an empty directory.

#include "kms.h"

// A pipe in memory: what is written to it can be read from it, in pieces of an odd size.
struct pipe {
    uint8_t *bytes;
    size_t len, cap, piece, at;
};

static int64_t pipe_write(void *user, const uint8_t *data, size_t len) {
    struct pipe *pipe = (struct pipe *)user;
    CHECK(len > 0);
    len = len < pipe->piece ? len : pipe->piece;
    if (pipe->len + len > pipe->cap) {
        return -ENOSPC;
    }
    memcpy(pipe->bytes + pipe->len, data, len);
    pipe->len += len;
    return (int64_t)len;
}

static int64_t pipe_read(void *user, uint8_t *out, size_t cap) {
    struct pipe *pipe = (struct pipe *)user;
    CHECK(cap > 0);
    cap = cap < pipe->piece ? cap : pipe->piece;
    size_t left = pipe->len - pipe->at;
    cap = cap < left ? cap : left;
    memcpy(out, pipe->bytes + pipe->at, cap);
    pipe->at += cap;
    return (int64_t)cap;
}

static int64_t pipe_read_at(void *user, uint64_t offset, uint8_t *out, size_t cap) {
    struct pipe *pipe = (struct pipe *)user;
    CHECK(offset < pipe->len);
    pipe->at = offset;
    return pipe_read(user, out, cap);
}

static struct pipe pipe_of(size_t cap, size_t piece) {
    struct pipe pipe = {(uint8_t *)malloc(cap), 0, cap, piece, 0};
    return pipe;
}

static uint8_t *noise(size_t len) {
    uint8_t *bytes = (uint8_t *)malloc(len + 1);
    CHECK(miyao_random(bytes, len) == MIYAO_STATUS_OK);
    return bytes;
}

struct scene {
    miyao_kms *kms;
    miyao_key_ref *key;
    miyao_options *options;
    miyao_opener *opener;
    miyao_context *context;
};

static struct scene scene(const char *directory) {
    struct scene scene = {made(directory), NULL, NULL, NULL, NULL};
    make(scene.kms, "orders", MIYAO_SPEC_SM4);
    make(scene.kms, "macs", MIYAO_SPEC_HMAC_SM3);
    scene.key = named("orders");
    DONE(miyao_context_new(&scene.context));
    DONE(miyao_context_add(scene.context, BYTES("file"), BYTES("a"), &error));
    DONE(miyao_context_add_hidden(scene.context, BYTES("patient"), BYTES("4711"), &error));
    DONE(miyao_options_new(&scene.options));
    DONE(miyao_options_add_key(scene.options, scene.kms, scene.key, &error));
    DONE(miyao_options_set_context(scene.options, scene.context, &error));
    DONE(miyao_opener_new(&scene.opener));
    DONE(miyao_opener_add_kms(scene.opener, scene.kms, &error));
    DONE(miyao_opener_set_context(scene.opener, scene.context, &error));
    return scene;
}

static void refusals(struct scene *s) {
    miyao_options *options = NULL;
    miyao_opener *opener = NULL;
    miyao_buffer *message = NULL, *text = NULL;
    miyao_key_ref *macs = named("macs"), *none = named("none"), *version = named("orders:1");
    DONE(miyao_options_new(&options));
    IS(INVALID, miyao_message_encrypt(options, BYTES("text"), &message, &error));
    IS(FORBIDDEN, miyao_options_add_key(options, s->kms, macs, &error));
    IS(MISSING, miyao_options_add_key(options, s->kms, none, &error));
    IS(INVALID, miyao_options_add_key(options, s->kms, version, &error));
    IS(UNSUPPORTED, miyao_options_set_suite(options, 3, &error));
    IS(INVALID, miyao_options_set_frame_log2(options, 11, &error));
    IS(INVALID, miyao_options_set_frame_log2(options, 25 + 256, &error));
    IS(INVALID, miyao_options_add_passphrase(options, BYTES("horse"), 1, &error));
    DONE(miyao_opener_new(&opener));
    DONE(miyao_message_encrypt(s->options, BYTES("text"), &message, &error));
    const uint8_t *bytes = miyao_buffer_data(message);
    size_t len = miyao_buffer_len(message);
    IS(INVALID, miyao_message_decrypt(opener, bytes, len, &text, NULL, NULL, 0, &error));
    DONE(miyao_opener_add_passphrase(opener, BYTES("horse"), &error));
    // Hidden pairs have to be brought before anybody is asked.
    IS(REJECTED, miyao_message_decrypt(opener, bytes, len, &text, NULL, NULL, 0, &error));
    DONE(miyao_opener_set_context(opener, s->context, &error));
    IS(MISSING, miyao_message_decrypt(opener, bytes, len, &text, NULL, NULL, 0, &error));
    IS(MALFORMED, miyao_message_decrypt(s->opener, BYTES("this is no message, whoever reads it and however"), &text, NULL, NULL, 0, &error));
    IS(REJECTED, miyao_message_decrypt(s->opener, bytes, len - 1, &text, NULL, NULL, 0, &error));
    IS(TRUNCATED, miyao_message_decrypt(s->opener, bytes, 100, &text, NULL, NULL, 0, &error));
    IS(INVALID, miyao_message_decrypt(s->opener, bytes, len, NULL, NULL, NULL, 0, &error));
    IS(INVALID, miyao_message_decrypt(s->opener, NULL, len, &text, NULL, NULL, 0, &error));

    // Every altered byte is refused.
    uint8_t *copy = (uint8_t *)malloc(len);
    for (size_t at = 0; at < len; at++) {
        memcpy(copy, bytes, len);
        copy[at] ^= 4;
        miyao_status status = miyao_message_decrypt(s->opener, copy, len, &text, NULL, NULL, 0, NULL);
        // There are two slots with the recipients: one of them may be damaged.
        if (status == MIYAO_STATUS_OK) {
            CHECK(miyao_buffer_len(text) == 4);
            miyao_buffer_free(text);
            text = NULL;
        }
        CHECK(text == NULL);
    }
    copy[len - 1] ^= 4;
    CHECK(memcmp(copy, bytes, len) == 0);
    copy[len - 1] ^= 1;
    IS(REJECTED, miyao_message_decrypt(s->opener, copy, len, &text, NULL, NULL, 0, &error));
    free(copy);

    miyao_buffer *record = NULL;
    DONE(miyao_message_inspect_unverified(bytes, len, len, &record, &error));
    CHECK(tells(record, "\"plaintext_bytes\":4"));
    DONE(miyao_message_inspect_unverified(bytes, len, 0, &record, &error));
    CHECK(tells(record, "\"bytes\":null"));
    IS(TRUNCATED, miyao_message_inspect_unverified(bytes, 60, len, &record, &error));
    miyao_buffer_free(message);
    miyao_key_ref_free(macs);
    miyao_key_ref_free(none);
    miyao_key_ref_free(version);
    miyao_options_free(options);
    miyao_opener_free(opener);
}

static void trip(struct scene *s, size_t len) {
    uint8_t *text = noise(len);
    miyao_buffer *message = NULL, *back = NULL;
    uint32_t is_signed = 9;
    uint8_t signer[MIYAO_SIGNER_LEN];
    DONE(miyao_message_encrypt(s->options, text, len, &message, &error));
    const uint8_t *bytes = miyao_buffer_data(message);
    size_t whole = miyao_buffer_len(message);
    DONE(miyao_message_decrypt(s->opener, bytes, whole, &back, &is_signed, signer, sizeof signer, &error));
    CHECK(miyao_buffer_len(back) == len && memcmp(miyao_buffer_data(back), text, len) == 0);
    CHECK(is_signed == MIYAO_SIGNED_NO);
    miyao_buffer_free(back);

    // Through functions, both ways.
    struct pipe plain = {text, len, len, 4093, 0};
    struct pipe sealed = pipe_of(whole + 1000, 8191), again = pipe_of(len + 1, 777);
    uint64_t moved = 0;
    DONE(miyao_message_encrypt_stream(s->options, pipe_read, &plain, pipe_write, &sealed, &moved, &error));
    CHECK(moved == len && sealed.len == whole);
    DONE(miyao_message_decrypt_stream(s->opener, pipe_read, &sealed, pipe_write, &again, &moved, &is_signed, NULL, 0, &error));
    CHECK(moved == len && again.len == len && memcmp(again.bytes, text, len) == 0);
    // A function that fails ends the call, and so does the end of the message before its end.
    if (len > 0) {
        sealed.at = 0, again.len = 0, again.cap = len - 1;
        IS(IO, miyao_message_decrypt_stream(s->opener, pipe_read, &sealed, pipe_write, &again, &moved, NULL, NULL, 0, &error));
        again.cap = len + 1;
    }
    sealed.at = 0, again.len = 0, sealed.len -= 1;
    // The last frame is another frame then, or none.
    CHECK(miyao_message_decrypt_stream(s->opener, pipe_read, &sealed, pipe_write, &again, &moved, NULL, NULL, 0, NULL) != MIYAO_STATUS_OK);
    sealed.len += 1;

    // Pushed in pieces, taken in other pieces.
    miyao_encryptor *encryptor = NULL;
    struct pipe taken = pipe_of(whole + 1000, 1 << 20);
    DONE(miyao_encryptor_new(s->options, &encryptor, &error));
    for (size_t at = 0; at < len; at += 5000) {
        DONE(miyao_encryptor_write(encryptor, text + at, len - at < 5000 ? len - at : 5000, &error));
        uint8_t out[3000];
        size_t got = 0;
        DONE(miyao_encryptor_take(encryptor, out, sizeof out, &got, &error));
        if (got > 0) {
            CHECK(pipe_write(&taken, out, got) == (int64_t)got);
        }
    }
    DONE(miyao_encryptor_finish(encryptor, &error));
    IS(INVALID, miyao_encryptor_finish(encryptor, &error));
    IS(INVALID, miyao_encryptor_write(encryptor, text, len, &error));
    while (miyao_encryptor_ready(encryptor) > 0) {
        size_t got = 0;
        DONE(miyao_encryptor_take(encryptor, taken.bytes + taken.len, 70000 < taken.cap - taken.len ? 70000 : taken.cap - taken.len, &got, &error));
        CHECK(got > 0);
        taken.len += got;
    }
    CHECK(taken.len == whole);
    miyao_encryptor_free(encryptor);

    // And back: written in pieces, read in between.
    miyao_decryptor *decryptor = NULL;
    DONE(miyao_decryptor_new(s->opener, &decryptor, &error));
    again.len = 0;
    for (size_t at = 0; at < taken.len; at += 6007) {
        DONE(miyao_decryptor_write(decryptor, taken.bytes + at, taken.len - at < 6007 ? taken.len - at : 6007, &error));
        size_t got = 1;
        while (got > 0) {
            DONE(miyao_decryptor_read(decryptor, again.bytes + again.len, again.cap - again.len < 1000 ? again.cap - again.len : 1000, &got, &error));
            again.len += got;
        }
    }
    DONE(miyao_decryptor_end(decryptor, &error));
    IS(INVALID, miyao_decryptor_write(decryptor, text, 1, &error));
    for (size_t got = 1; got > 0;) {
        DONE(miyao_decryptor_read(decryptor, again.bytes + again.len, again.cap - again.len, &got, &error));
        again.len += got;
    }
    CHECK(again.len == len && memcmp(again.bytes, text, len) == 0);
    is_signed = 9;
    DONE(miyao_decryptor_finish(decryptor, &is_signed, NULL, 0, &error));
    CHECK(is_signed == MIYAO_SIGNED_NO);
    IS(INVALID, miyao_decryptor_finish(decryptor, NULL, NULL, 0, &error));
    miyao_decryptor_free(decryptor);

    // A message that ends inside its recipients is known for it at its end.
    DONE(miyao_decryptor_new(s->opener, &decryptor, &error));
    DONE(miyao_decryptor_write(decryptor, taken.bytes, 100, &error));
    IS(TRUNCATED, miyao_decryptor_end(decryptor, &error));
    IS(INVALID, miyao_decryptor_finish(decryptor, NULL, NULL, 0, &error));
    miyao_decryptor_free(decryptor);

    // From any place, of a function and of memory.
    miyao_reader *readers[2] = {NULL};
    taken.piece = 1000;
    DONE(miyao_reader_new(s->opener, pipe_read_at, &taken, taken.len, &readers[0], &error));
    DONE(miyao_reader_new_in_memory(s->opener, bytes, whole, &readers[1], &error));
    for (int i = 0; i < 2; i++) {
        CHECK(miyao_reader_len(readers[i]) == len);
        size_t got = 9;
        DONE(miyao_reader_read_at(readers[i], len, again.bytes, 1, &got, &error));
        CHECK(got == 0);
        for (size_t at = 0; at < len; at += len / 7 + 1) {
            memset(again.bytes, 0, len);
            DONE(miyao_reader_read_at(readers[i], at, again.bytes, len, &got, &error));
            CHECK(got == len - at && memcmp(again.bytes, text + at, got) == 0);
        }
        miyao_reader_free(readers[i]);
    }
    // What is altered is refused, and leaves zeros of what was read before it.
    if (len > 200000) {
        taken.bytes[taken.len - len / 3] ^= 1;
        DONE(miyao_reader_new(s->opener, pipe_read_at, &taken, taken.len, &readers[0], &error));
        memset(again.bytes, 7, len);
        size_t got = 9;
        IS(REJECTED, miyao_reader_read_at(readers[0], 0, again.bytes, len, &got, &error));
        for (size_t at = 0; at < len; at++) {
            CHECK(again.bytes[at] == 0);
        }
        CHECK(got == 9);
        miyao_reader_free(readers[0]);
    }
    miyao_buffer_free(message);
    free(text);
    free(sealed.bytes);
    free(again.bytes);
    free(taken.bytes);
}

static void rewrap(struct scene *s, const char *directory) {
    char path[4096];
    snprintf(path, sizeof path, "%s/message", directory);
    miyao_buffer *message = NULL, *anew = NULL, *text = NULL;
    uint32_t version = 0, done = 9;
    DONE(miyao_message_encrypt(s->options, BYTES("text"), &message, &error));
    FILE *file = fopen(path, "wb");
    CHECK(fwrite(miyao_buffer_data(message), 1, miyao_buffer_len(message), file) == miyao_buffer_len(message));
    CHECK(fclose(file) == 0);
    DONE(miyao_kms_rewrap_file(s->kms, TEXT(path), NULL, &done, &error));
    CHECK(done == MIYAO_REWRAPPED_CURRENT);
    DONE(miyao_kms_rotate(s->kms, s->key, 0, &version, &error));
    DONE(miyao_kms_rewrap_file(s->kms, TEXT(path), NULL, &done, &error));
    CHECK(done == MIYAO_REWRAPPED_IN_PLACE);
    DONE(miyao_kms_rewrap_file(s->kms, TEXT(path), s->key, &done, &error));
    CHECK(done == MIYAO_REWRAPPED_CURRENT);
    char none[5000];
    snprintf(none, sizeof none, "%s.none", path);
    IS(MISSING, miyao_kms_rewrap_file(s->kms, TEXT(none), NULL, &done, &error));

    DONE(miyao_kms_rewrap(s->kms, miyao_buffer_data(message), miyao_buffer_len(message), NULL, &anew, &error));
    CHECK(miyao_buffer_len(anew) == miyao_buffer_len(message));
    CHECK(memcmp(miyao_buffer_data(anew), miyao_buffer_data(message), miyao_buffer_len(anew)) != 0);
    DONE(miyao_message_decrypt(s->opener, miyao_buffer_data(anew), miyao_buffer_len(anew), &text, NULL, NULL, 0, &error));
    CHECK(miyao_buffer_len(text) == 4);
    miyao_buffer_free(text);
    miyao_buffer *record = NULL;
    DONE(miyao_message_inspect_unverified(miyao_buffer_data(anew), miyao_buffer_len(anew), 0, &record, &error));
    CHECK(tells(record, "\"generation\":2"));
    miyao_buffer_free(message);
    miyao_buffer_free(anew);
}

static void backup(struct scene *s, const char *directory) {
    miyao_options *options = NULL;
    miyao_opener *opener = NULL;
    miyao_buffer *record = NULL;
    struct pipe file = pipe_of(1 << 20, 1 << 20);
    pair(&options, &opener);
    uint8_t token[256], text[16];
    size_t len = 0, text_len = 0;
    DONE(miyao_kms_encrypt(s->kms, s->key, NULL, BYTES("value"), token, sizeof token, &len, &error));
    DONE(miyao_kms_backup(s->kms, options, pipe_write, &file, &record, &error));
    CHECK(tells(record, "\"keys\":2"));
    DONE(miyao_backup_verify(opener, pipe_read, &file, &record, &error));
    CHECK(tells(record, "\"keys\":2"));
    IS(REJECTED, (file.at = 0, miyao_backup_verify(s->opener, pipe_read, &file, NULL, &error)));

    char path[4096], key[4096];
    snprintf(path, sizeof path, "%s/restored.db", directory);
    snprintf(key, sizeof key, "%s/restored.key", directory);
    miyao_root *root = NULL;
    miyao_kms *kms = NULL;
    DONE(miyao_root_key_file_create(TEXT(key), &root, &error));
    file.at = 0, file.len -= 1;
    CHECK(miyao_kms_restore(TEXT(path), root, TEXT("a"), opener, pipe_read, &file, &kms, NULL, NULL) != MIYAO_STATUS_OK);
    CHECK(access(path, F_OK) != 0);
    file.at = 0, file.len += 1;
    DONE(miyao_kms_restore(TEXT(path), root, TEXT("a"), opener, pipe_read, &file, &kms, &record, &error));
    CHECK(tells(record, "\"versions\":"));
    DONE(miyao_kms_decrypt(kms, NULL, token, len, text, sizeof text, &text_len, NULL, 0, NULL, NULL, &error));
    CHECK(text_len == 5 && memcmp(text, "value", 5) == 0);
    miyao_kms_free(kms);
    miyao_root_free(root);
    miyao_options_free(options);
    miyao_opener_free(opener);
    free(file.bytes);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    struct scene s = scene(argv[1]);
    refusals(&s);
    const size_t lens[] = {0, 1, 65535, 65536, 65537, 1500000};
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        trip(&s, lens[i]);
    }
    DONE(miyao_options_set_suite(s.options, MIYAO_SUITE_CTR_HMAC, &error));
    DONE(miyao_options_set_frame_log2(s.options, 12, &error));
    DONE(miyao_options_set_spare(s.options, 1000, &error));
    DONE(miyao_options_set_threads(s.options, 3, &error));
    DONE(miyao_opener_set_threads(s.opener, 3, &error));
    DONE(miyao_opener_set_every_pair(s.opener, true, &error));
    trip(&s, 1500000);
    rewrap(&s, argv[1]);
    backup(&s, argv[1]);
    miyao_context_free(s.context);
    miyao_options_free(s.options);
    miyao_opener_free(s.opener);
    miyao_key_ref_free(s.key);
    miyao_kms_free(s.kms);
    return 0;
}
