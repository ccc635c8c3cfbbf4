// A service that keeps records under data keys while their key rotates; docs/tutorial-c.md builds it up. It runs in a directory
// with `store.db` and `root.key`; a line of its input is `put ID TEXT` or `get ID`.
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <miyao.h>

enum { ROWS = 10000, RECORDS = 1000, AGE = 600 }; // a data key protects so many records, and for so many seconds, at most
enum { VERSION = 15 }; // so many bytes of a token name its key and version: docs/format.md, M80
typedef uint8_t token[MIYAO_TOKEN_OVERHEAD + 16];

// Texts are filled up with zeros, so that none tells its length.
static struct row {
    uint8_t id[32];
    token token; // of its data key
    uint8_t nonce[MIYAO_GCM_NONCE_LEN], tag[MIYAO_GCM_TAG_LEN], text[1024];
} table[ROWS];
static size_t rows;
static miyao_kms *kms;
static miyao_key_ref *key;
static miyao_context *context;
static struct { miyao_gcm *gcm; token token; size_t left; } data_key;

#define TEXT(text) (text), strlen(text)
#define BYTES(array) (array), sizeof(array)
// Leaves the function with any status but OK.
#define TRY(call) do { miyao_status status_ = (call); if (status_ != MIYAO_STATUS_OK) return status_; } while (0)

// The store, its root and the key are an operator's, who made them once.
static miyao_status store_open(miyao_error **error) {
    miyao_root *root = NULL;
    TRY(miyao_root_key_file_open(TEXT("root.key"), &root, error));
    miyao_status opened = miyao_kms_open(TEXT("store.db"), root, TEXT("service:records"), &kms, error);
    miyao_root_free(root);
    TRY(opened);
    TRY(miyao_key_ref_new(TEXT("records"), &key, error));
    TRY(miyao_context_new(&context));
    // No token of another table under the same key is taken for a data key of this one.
    return miyao_context_add(context, (const uint8_t *)"table", 5, (const uint8_t *)"records", 7, error);
}

static miyao_status data_key_renew(miyao_error **error) {
    uint8_t bytes[16];
    size_t len = 0;
    miyao_gcm_free(data_key.gcm);
    data_key.gcm = NULL, data_key.left = 0;
    TRY(miyao_kms_generate_data_key(kms, key, context, sizeof bytes, BYTES(bytes), BYTES(data_key.token), &len, error));
    miyao_status status = miyao_gcm_new(BYTES(bytes), MIYAO_GCM_TAG_LEN, &data_key.gcm);
    explicit_bzero(BYTES(bytes));
    if (status == MIYAO_STATUS_OK) data_key.left = RECORDS;
    return status;
}

static miyao_status table_load(void) {
    FILE *file = fopen("records", "a+b"); // makes it where there is none
    if (file == NULL) return MIYAO_STATUS_IO;
    rows = fread(table, sizeof *table, ROWS, file);
    bool whole = ferror(file) == 0 && fgetc(file) == EOF;
    return fclose(file) == 0 && whole ? MIYAO_STATUS_OK : MIYAO_STATUS_IO;
}

// The old table or the new one, whenever power fails. What could not be saved is saved the next time.
static miyao_status table_save(void) {
    int directory = open(".", O_RDONLY | O_CLOEXEC);
    FILE *file = fopen("records.new", "wb");
    bool done = file != NULL && fwrite(table, sizeof *table, rows, file) == rows && fflush(file) == 0 && fsync(fileno(file)) == 0;
    done = file != NULL && fclose(file) == 0 && done && rename("records.new", "records") == 0 && fsync(directory) == 0;
    close(directory);
    return done ? MIYAO_STATUS_OK : MIYAO_STATUS_IO;
}

static miyao_status put(struct row row, struct row *at, miyao_error **error) {
    if (at == table + ROWS) return MIYAO_STATUS_TOO_LARGE;
    if (data_key.left == 0) TRY(data_key_renew(error));
    data_key.left--;
    memcpy(row.token, BYTES(data_key.token));
    // Random, not counted: a count would repeat after a fork or a restored snapshot, and 1000 of 96 bits do not meet.
    TRY(miyao_random(BYTES(row.nonce)));
    TRY(miyao_gcm_encrypt(data_key.gcm, BYTES(row.nonce), BYTES(row.id), BYTES(row.text), BYTES(row.text), BYTES(row.tag)));
    if (at == table + rows) rows++;
    *at = row;
    return table_save();
}

static miyao_status get(struct row *row, const struct row *at, miyao_error **error) {
    uint8_t bytes[16];
    size_t len = 0;
    miyao_gcm *gcm = NULL;
    if (at == table + rows) return MIYAO_STATUS_MISSING;
    // Nothing is kept for reading: a token of a key in use opens without a lock, a system call or the store.
    TRY(miyao_kms_decrypt(kms, context, BYTES(at->token), BYTES(bytes), &len, NULL, 0, NULL, NULL, error));
    miyao_status status = miyao_gcm_new(bytes, len, MIYAO_GCM_TAG_LEN, &gcm);
    explicit_bzero(BYTES(bytes));
    TRY(status);
    status = miyao_gcm_decrypt(gcm, BYTES(at->nonce), BYTES(at->id), BYTES(at->text), BYTES(at->tag), BYTES(row->text));
    miyao_gcm_free(gcm);
    return status;
}

// Whether it was done; the log is told why not.
static bool good(miyao_status status, miyao_error **error) {
    if (status != MIYAO_STATUS_OK) fprintf(stderr, "%s %s\n", miyao_status_name(status), miyao_error_message(*error));
    miyao_error_free(*error), *error = NULL;
    return status == MIYAO_STATUS_OK;
}

// Every AGE: a rotation where one is due, a new data key, and the tokens of older versions wrapped anew, whoever rotated.
static miyao_status maintain(miyao_error **error) {
    size_t len = 0;
    miyao_buffer *done = NULL;
    TRY(miyao_kms_maintain(kms, false, &done, error));
    miyao_buffer_free(done);
    TRY(data_key_renew(error));
    for (struct row *row = table; row < table + rows; row++) { // a bad row keeps none of the others
        struct row old = *row;
        if (memcmp(old.token, data_key.token, VERSION) == 0) continue;
        good(miyao_kms_reencrypt(kms, context, BYTES(old.token), BYTES(row->token), &len, error), error);
    }
    return table_save();
}

int main(void) {
    char *line = NULL;
    size_t room = 0;
    miyao_error *error = NULL;
    if (!good(store_open(&error), &error) || !good(table_load(), &error)) return 1;
    for (time_t due = 0; getline(&line, &room, stdin) > 0;) {
        if (time(NULL) >= due) good(maintain(&error), &error), due = time(NULL) + AGE;
        struct row row = {0};
        char verb[4] = "";
        miyao_status status = MIYAO_STATUS_INVALID;
        int words = sscanf(line, "%3s %31s %1023[^\n]", verb, (char *)row.id, (char *)row.text);
        struct row *at = table; // the place of this id, or the one behind the last
        while (at < table + rows && memcmp(at->id, BYTES(row.id)) != 0) at++;
        if (words == 3 && strcmp(verb, "put") == 0) status = put(row, at, &error);
        if (words == 2 && strcmp(verb, "get") == 0) status = get(&row, at, &error);
        if (!good(status, &error)) printf("error %d\n", (int)status); // the number of docs/errors.md
        else puts(words == 3 ? "ok" : (char *)row.text);
        fflush(stdout);
    }
    bool flushed = good(miyao_kms_close(kms, &error), &error); // writes what was counted for the audit log
    free(line), miyao_gcm_free(data_key.gcm), miyao_context_free(context), miyao_key_ref_free(key), miyao_kms_free(kms);
    return flushed ? 0 : 1;
}
