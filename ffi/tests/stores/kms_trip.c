// A key store from its making to its close: roots, keys, tokens, data keys, states, MACs, records, and what each refusal is.
//
// Takes the path of an empty directory.

#include "kms.h"

static void roots(const char *directory) {
    char path[4096], key[4096], missing[4096];
    snprintf(path, sizeof path, "%s/store.db", directory);
    snprintf(key, sizeof key, "%s/root.key", directory);
    snprintf(missing, sizeof missing, "%s/none", directory);
    miyao_root *root = NULL;
    miyao_kms *kms = NULL;
    IS(EXISTS, miyao_root_key_file_create(TEXT(key), &root, &error));
    IS(MISSING, miyao_root_key_file_open(TEXT(missing), &root, &error));
    IS(INVALID, miyao_root_passphrase(BYTES("horse"), 1000, &root, &error));
    CHECK(root == NULL);
    DONE(miyao_root_passphrase(BYTES("horse"), 0, &root, &error));
    IS(EXISTS, miyao_kms_init(TEXT(path), root, TEXT("service:orders"), &kms, &error));
    IS(REJECTED, miyao_kms_open(TEXT(path), root, TEXT("service:orders"), &kms, &error));
    IS(INVALID, miyao_kms_open(TEXT(path), root, TEXT(""), &kms, &error));
    IS(INVALID, miyao_kms_open(NULL, 0, root, TEXT("service:orders"), &kms, &error));
    IS(INVALID, miyao_kms_open(TEXT(path), NULL, TEXT("service:orders"), &kms, &error));
    IS(INVALID, miyao_kms_open(TEXT(path), root, TEXT("service:orders"), NULL, &error));
    IS(MISSING, miyao_kms_open(TEXT(missing), root, TEXT("service:orders"), &kms, &error));
    CHECK(kms == NULL);
    // Words are asked for by whoever wants them.
    CHECK(miyao_kms_open(TEXT(missing), root, TEXT("service:orders"), &kms, NULL) == MIYAO_STATUS_MISSING);
    miyao_root_free(root);
}

static void tokens(miyao_kms *kms, miyao_key_ref *key) {
    miyao_context *context = NULL, *other = NULL;
    DONE(miyao_context_new(&context));
    DONE(miyao_context_add(context, BYTES("row"), BYTES("7"), &error));
    IS(INVALID, miyao_context_add(context, BYTES("row"), BYTES("8"), &error));
    IS(INVALID, miyao_context_add(context, NULL, 0, BYTES("8"), &error));
    DONE(miyao_context_add_hidden(context, BYTES("patient"), BYTES("4711"), &error));
    DONE(miyao_context_new(&other));

    uint8_t token[256], text[256], again[256];
    size_t len = 0, text_len = 0, again_len = 0;
    uint32_t version = 0;
    bool unproven = true;
    uint8_t id[MIYAO_KEY_ID_LEN] = {0};
    DONE(miyao_kms_encrypt(kms, key, context, BYTES("value"), token, sizeof token, &len, &error));
    CHECK(len == miyao_token_len(5) && len == 5 + MIYAO_TOKEN_OVERHEAD);
    CHECK(miyao_token_plaintext_max(len) == 5);
    DONE(miyao_kms_decrypt(kms, context, token, len, text, 5, &text_len, id, sizeof id, &version, &unproven, &error));
    CHECK(text_len == 5 && memcmp(text, "value", 5) == 0 && version == 1 && !unproven);
    static const uint8_t zeros[MIYAO_KEY_ID_LEN] = {0};
    CHECK(memcmp(id, zeros, sizeof id) != 0);
    // Nobody has to ask for more than the plaintext; a caller who asks for none of it is told.
    DONE(miyao_kms_decrypt(kms, context, token, len, text, 5, &text_len, NULL, 0, NULL, NULL, &error));
    IS(INVALID, miyao_kms_decrypt(kms, context, token, len, text, 4, &text_len, NULL, 0, NULL, NULL, &error));
    IS(INVALID, miyao_kms_decrypt(kms, context, token, len, NULL, 5, &text_len, NULL, 0, NULL, NULL, &error));
    IS(INVALID, miyao_kms_decrypt(kms, context, token, len, text, 5, NULL, NULL, 0, NULL, NULL, &error));
    IS(INVALID, miyao_kms_encrypt(kms, key, context, BYTES("value"), token, len - 1, &len, &error));
    IS(INVALID, miyao_kms_encrypt(kms, NULL, context, BYTES("value"), token, sizeof token, &len, &error));
    IS(INVALID, miyao_kms_encrypt(NULL, key, context, BYTES("value"), token, sizeof token, &len, &error));
    CHECK(len == 5 + MIYAO_TOKEN_OVERHEAD);

    // Every altered byte, another context and none are refused, and nothing is written.
    memset(again, 0xa5, sizeof again);
    for (size_t at = 0; at < len; at++) {
        token[at] ^= 1;
        CHECK(miyao_kms_decrypt(kms, context, token, len, again, sizeof again, &again_len, NULL, 0, NULL, NULL, NULL) != MIYAO_STATUS_OK);
        token[at] ^= 1;
    }
    IS(REJECTED, miyao_kms_decrypt(kms, other, token, len, again, sizeof again, &again_len, NULL, 0, NULL, NULL, &error));
    IS(REJECTED, miyao_kms_decrypt(kms, NULL, token, len, again, sizeof again, &again_len, NULL, 0, NULL, NULL, &error));
    IS(TRUNCATED, miyao_kms_decrypt(kms, context, token, len - 10, again, sizeof again, &again_len, NULL, 0, NULL, NULL, &error));
    IS(MALFORMED, miyao_kms_decrypt(kms, context, BYTES("no token at all, and long enough to be one"), again, sizeof again, &again_len, NULL, 0, NULL, NULL, &error));
    for (size_t at = 0; at < sizeof again; at++) {
        CHECK(again[at] == 0xa5);
    }
    CHECK(again_len == 0);

    // As text and back; nobody believes what it says of itself before it was opened.
    char words[512];
    size_t words_len = 0;
    DONE(miyao_token_to_text(token, len, words, sizeof words, &words_len, &error));
    CHECK(words_len == miyao_token_text_len(len) && memcmp(words, "miyao", 5) == 0);
    DONE(miyao_token_from_text(words, words_len, again, sizeof again, &again_len, &error));
    CHECK(again_len == len && memcmp(again, token, len) == 0);
    IS(MALFORMED, miyao_token_from_text(TEXT("not ba*e64"), again, sizeof again, &again_len, &error));
    miyao_buffer *record = NULL;
    DONE(miyao_token_inspect_unverified(token, len, &record, &error));
    CHECK(tells(record, "\"authenticated\":false"));

    // Rotation: old tokens open, new ones are under the new version, and can be made anew.
    DONE(miyao_kms_rotate(kms, key, 1, &version, &error));
    CHECK(version == 2);
    DONE(miyao_kms_rotate(kms, key, 1, &version, &error));
    CHECK(version == 2);
    IS(CONFLICT, miyao_kms_rotate(kms, key, 9, &version, &error));
    DONE(miyao_kms_decrypt(kms, context, token, len, text, 5, &text_len, NULL, 0, &version, NULL, &error));
    CHECK(version == 1);
    DONE(miyao_kms_reencrypt(kms, context, token, len, again, len, &again_len, &error));
    DONE(miyao_kms_decrypt(kms, context, again, again_len, text, 5, &text_len, NULL, 0, &version, NULL, &error));
    CHECK(version == 2 && memcmp(text, "value", 5) == 0);

    // The empty value, without a context.
    DONE(miyao_kms_encrypt(kms, key, NULL, NULL, 0, token, sizeof token, &len, &error));
    DONE(miyao_kms_decrypt(kms, NULL, token, len, NULL, 0, &text_len, NULL, 0, NULL, NULL, &error));
    CHECK(text_len == 0);
    uint8_t *large = (uint8_t *)calloc(1, MIYAO_TOKEN_PLAINTEXT_MAX + 1), *sealed = (uint8_t *)malloc(MIYAO_TOKEN_PLAINTEXT_MAX + 100);
    DONE(miyao_kms_encrypt(kms, key, NULL, large, MIYAO_TOKEN_PLAINTEXT_MAX, sealed, MIYAO_TOKEN_PLAINTEXT_MAX + 100, &len, &error));
    IS(TOO_LARGE, miyao_kms_encrypt(kms, key, NULL, large, MIYAO_TOKEN_PLAINTEXT_MAX + 1, sealed, MIYAO_TOKEN_PLAINTEXT_MAX + 100, &len, &error));
    free(large);
    free(sealed);
    miyao_context_free(context);
    miyao_context_free(other);
}

static void data_keys(miyao_kms *kms, miyao_key_ref *key) {
    uint8_t data_key[64], again[64], token[256];
    size_t len = 0, again_len = 0;
    DONE(miyao_kms_generate_data_key(kms, key, NULL, 16, data_key, sizeof data_key, token, sizeof token, &len, &error));
    DONE(miyao_kms_decrypt(kms, NULL, token, len, again, sizeof again, &again_len, NULL, 0, NULL, NULL, &error));
    CHECK(again_len == 16 && memcmp(again, data_key, 16) == 0);
    DONE(miyao_kms_generate_data_key_without_plaintext(kms, key, NULL, 32, token, sizeof token, &len, &error));
    DONE(miyao_kms_decrypt(kms, NULL, token, len, again, sizeof again, &again_len, NULL, 0, NULL, NULL, &error));
    CHECK(again_len == 32);
    IS(INVALID, miyao_kms_generate_data_key(kms, key, NULL, 15, data_key, sizeof data_key, token, sizeof token, &len, &error));
    IS(INVALID, miyao_kms_generate_data_key(kms, key, NULL, 65, data_key, 65, token, sizeof token, &len, &error));
    IS(INVALID, miyao_kms_generate_data_key(kms, key, NULL, 32, data_key, 31, token, sizeof token, &len, &error));
}

static void records(miyao_kms *kms, miyao_key_ref *key) {
    miyao_key_options *options = NULL;
    miyao_buffer *record = NULL;
    IS(UNSUPPORTED, miyao_key_options_new(TEXT("other"), 77, &options, &error));
    IS(INVALID, miyao_key_options_new(TEXT("no name"), MIYAO_SPEC_SM4, &options, &error));
    DONE(miyao_key_options_new(TEXT("other"), MIYAO_SPEC_SM4, &options, &error));
    DONE(miyao_key_options_set_origin(options, MIYAO_ORIGIN_GENERATED, &error));
    DONE(miyao_key_options_set_protection(options, MIYAO_PROTECTION_SOFTWARE, &error));
    IS(UNSUPPORTED, miyao_key_options_set_audit(options, 3, &error));
    DONE(miyao_key_options_set_audit(options, MIYAO_AUDIT_EACH, &error));
    DONE(miyao_key_options_set_description(options, TEXT("订单"), &error));
    DONE(miyao_key_options_set_tag(options, TEXT("team"), TEXT("a"), &error));
    DONE(miyao_key_options_set_originator_period(options, 86400 * 90, &error));
    DONE(miyao_key_options_set_recipient_period(options, 86400 * 365, &error));
    DONE(miyao_key_options_set_max_messages(options, 2, &error));
    DONE(miyao_key_options_set_max_bytes(options, 1 << 20, &error));
    DONE(miyao_key_options_set_rotate_every(options, 86400 * 30, &error));
    DONE(miyao_key_options_set_deletion_protection(options, true, &error));
    DONE(miyao_kms_create(kms, options, &record, &error));
    CHECK(tells(record, "\"rotate_every\":\"30d\""));
    IS(EXISTS, miyao_kms_create(kms, options, NULL, &error));
    IS(INVALID, miyao_key_options_set_description(options, "\xff", 1, &error));
    miyao_key_options_free(options);

    // Two messages are all that the other key protects.
    miyao_key_ref *other = named("other");
    uint8_t token[256];
    size_t len = 0;
    DONE(miyao_kms_encrypt(kms, other, NULL, BYTES("a"), token, sizeof token, &len, &error));
    DONE(miyao_kms_encrypt(kms, other, NULL, BYTES("b"), token, sizeof token, &len, &error));
    IS(EXHAUSTED, miyao_kms_encrypt(kms, other, NULL, BYTES("c"), token, sizeof token, &len, &error));

    miyao_key_update *update = NULL;
    DONE(miyao_key_update_new(&update));
    IS(INVALID, miyao_kms_update(kms, other, update, NULL, &error));
    DONE(miyao_key_update_set_description(update, TEXT("orders"), &error));
    DONE(miyao_key_update_set_limits(update, 0, 0, 0, 0, &error));
    DONE(miyao_key_update_set_rotate_every(update, 0, &error));
    DONE(miyao_key_update_set_audit(update, MIYAO_AUDIT_COUNTED, &error));
    DONE(miyao_key_update_set_deletion_protection(update, false, &error));
    DONE(miyao_key_update_set_tag(update, TEXT("cost"), TEXT("7"), &error));
    DONE(miyao_key_update_remove_tag(update, TEXT("team"), &error));
    IS(INVALID, miyao_key_update_set_min_encrypt(update, 0, &error));
    DONE(miyao_kms_update(kms, other, update, &record, &error));
    CHECK(tells(record, "\"tags\":{\"cost\":\"7\"}"));
    IS(MISSING, miyao_kms_update(kms, other, update, NULL, &error));
    miyao_key_update_free(update);

    DONE(miyao_kms_add_alias(kms, key, TEXT("alias"), &error));
    IS(EXISTS, miyao_kms_add_alias(kms, other, TEXT("alias"), &error));
    DONE(miyao_kms_move_alias(kms, other, TEXT("alias"), &error));
    IS(FORBIDDEN, miyao_kms_remove_alias(kms, TEXT("other"), &error));
    miyao_key_ref *alias = named("alias");
    DONE(miyao_kms_describe(kms, alias, &record, &error));
    CHECK(tells(record, "\"name\":\"other\""));
    DONE(miyao_kms_remove_alias(kms, TEXT("alias"), &error));
    IS(MISSING, miyao_kms_describe(kms, alias, &record, &error));
    DONE(miyao_kms_list(kms, NULL, 0, 100, &record, &error));
    CHECK(tells(record, "\"name\":\"orders\""));
    DONE(miyao_kms_list(kms, TEXT("orders"), 100, &record, &error));
    CHECK(tells(record, "\"name\":\"other\""));
    miyao_key_ref_free(alias);
    miyao_key_ref_free(other);
}

static void states(miyao_kms *kms) {
    miyao_key_ref *key = named("other"), *first = named("other:1"), *second = NULL;
    uint8_t token[256], text[16];
    size_t len = 0, text_len = 0;
    bool unproven = false;
    uint64_t due = 0;
    DONE(miyao_kms_encrypt(kms, key, NULL, BYTES("value"), token, sizeof token, &len, &error));
    IS(INVALID, miyao_kms_encrypt(kms, first, NULL, BYTES("value"), token, sizeof token, &len, &error));
    IS(INVALID, miyao_kms_suspend(kms, key, &error));
    DONE(miyao_kms_suspend(kms, first, &error));
    IS(FORBIDDEN, miyao_kms_decrypt(kms, NULL, token, len, text, sizeof text, &text_len, NULL, 0, NULL, NULL, &error));
    DONE(miyao_kms_resume(kms, first, &error));
    DONE(miyao_kms_decrypt(kms, NULL, token, len, text, sizeof text, &text_len, NULL, 0, NULL, NULL, &error));
    DONE(miyao_kms_compromise(kms, first, &error));
    IS(FORBIDDEN, miyao_kms_decrypt(kms, NULL, token, len, text, sizeof text, &text_len, NULL, 0, NULL, NULL, &error));
    DONE(miyao_kms_recover(kms, NULL, token, len, text, sizeof text, &text_len, NULL, 0, NULL, &unproven, &error));
    CHECK(unproven && text_len == 5);
    DONE(miyao_kms_schedule_destroy_version(kms, first, 86400 * 10, &due, &error));
    CHECK(due > 0);
    DONE(miyao_kms_cancel_destroy_version(kms, first, &error));
    DONE(miyao_key_ref_with_version(key, 2, &second, &error));
    DONE(miyao_kms_deactivate(kms, second, &error));
    DONE(miyao_kms_disable(kms, key, &error));
    IS(FORBIDDEN, miyao_kms_encrypt(kms, key, NULL, BYTES("value"), token, sizeof token, &len, &error));
    IS(INVALID, miyao_kms_schedule_destroy(kms, key, 60, &due, &error));
    DONE(miyao_kms_schedule_destroy(kms, key, 0, &due, &error));
    DONE(miyao_kms_cancel_destroy(kms, key, &error));
    DONE(miyao_kms_enable(kms, key, &error));
    DONE(miyao_kms_encrypt(kms, key, NULL, BYTES("value"), token, sizeof token, &len, &error));
    miyao_key_ref_free(key);
    miyao_key_ref_free(first);
    miyao_key_ref_free(second);
}

static int64_t three(void *user, uint8_t *out, size_t cap) {
    int *left = (int *)user;
    if (*left == 0) {
        return 0;
    }
    CHECK(cap > 0);
    *left -= 1;
    *out = 'm';
    return 1;
}

static int64_t broken(void *user, uint8_t *out, size_t cap) {
    (void)user, (void)out, (void)cap;
    return -EIO;
}

static int64_t boastful(void *user, uint8_t *out, size_t cap) {
    (void)user, (void)out;
    return (int64_t)cap + 1;
}

static void macs(miyao_kms *kms) {
    make(kms, "macs", MIYAO_SPEC_HMAC_SM3);
    miyao_key_ref *key = named("macs");
    uint8_t mac[MIYAO_KMS_MAC_LEN], again[MIYAO_KMS_MAC_LEN];
    uint32_t version = 0;
    uint64_t compromised = 1;
    int left = 3;
    DONE(miyao_kms_mac(kms, key, BYTES("mmm"), mac, sizeof mac, &version, &error));
    DONE(miyao_kms_mac_stream(kms, key, three, &left, again, sizeof again, NULL, &error));
    CHECK(version == 1 && memcmp(mac, again, sizeof mac) == 0);
    DONE(miyao_kms_rotate(kms, key, 0, &version, &error));
    DONE(miyao_kms_verify_mac(kms, key, BYTES("mmm"), mac, sizeof mac, &version, &compromised, &error));
    CHECK(version == 1 && compromised == 0);
    left = 3;
    DONE(miyao_kms_verify_mac_stream(kms, key, three, &left, mac, sizeof mac, NULL, NULL, &error));
    IS(REJECTED, miyao_kms_verify_mac(kms, key, BYTES("mm"), mac, sizeof mac, &version, &compromised, &error));
    IS(REJECTED, miyao_kms_verify_mac(kms, key, BYTES("mmm"), mac, sizeof mac - 1, &version, &compromised, &error));
    IS(IO, miyao_kms_mac_stream(kms, key, broken, NULL, again, sizeof again, NULL, &error));
    IS(INVALID, miyao_kms_mac_stream(kms, key, boastful, NULL, again, sizeof again, NULL, &error));
    IS(INVALID, miyao_kms_mac_stream(kms, key, NULL, NULL, again, sizeof again, NULL, &error));
    IS(INVALID, miyao_kms_mac(kms, key, BYTES("mmm"), mac, sizeof mac - 1, &version, &error));
    miyao_key_ref_free(key);
}

static void whole(miyao_kms *kms, const char *directory) {
    miyao_buffer *record = NULL;
    DONE(miyao_kms_info(kms, &record, &error));
    CHECK(tells(record, "\"root\":\"keyfile\""));
    DONE(miyao_kms_root(kms, &record, &error));
    CHECK(tells(record, "\"root\":\"keyfile\""));
    DONE(miyao_kms_maintain(kms, false, &record, &error));
    CHECK(tells(record, "["));
    DONE(miyao_kms_doctor(kms, &record, &error));
    CHECK(tells(record, "\"clean\":true"));
    DONE(miyao_kms_verify_audit(kms, &record, &error));
    CHECK(tells(record, "\"entries\":"));
    DONE(miyao_kms_flush(kms, &error));
    DONE(miyao_kms_audit(kms, 0, 1000, &record, &error));
    CHECK(tells(record, "\"action\":\"create\""));
    DONE(miyao_kms_audit(kms, 1u << 30, 1000, &record, &error));
    CHECK(tells(record, "[]"));
    bool changed = true;
    DONE(miyao_kms_upgrade(kms, &changed, &error));
    CHECK(!changed);

    uint8_t witness[MIYAO_WITNESS_LEN], last[MIYAO_WITNESS_LEN];
    DONE(miyao_kms_witness(kms, witness, sizeof witness, &error));
    DONE(miyao_kms_check_witness(kms, witness, sizeof witness, &error));
    IS(INVALID, miyao_kms_check_witness(kms, witness, sizeof witness - 1, &error));
    memcpy(last, witness, sizeof last);
    last[16] = 0x7f;
    IS(ROLLED_BACK, miyao_kms_check_witness(kms, last, sizeof last, &error));
    last[0] ^= 1;
    IS(INVALID, miyao_kms_check_witness(kms, last, sizeof last, &error));

    // Another root holds it from now on.
    char path[4096];
    snprintf(path, sizeof path, "%s/other.key", directory);
    miyao_root *root = NULL;
    DONE(miyao_root_key_file_create(TEXT(path), &root, &error));
    DONE(miyao_kms_change_root(kms, root, &error));
    miyao_root_free(root);
    snprintf(path, sizeof path, "%s/root.key", directory);
    DONE(miyao_root_key_file_open(TEXT(path), &root, &error));
    snprintf(path, sizeof path, "%s/store.db", directory);
    miyao_kms *again = NULL;
    IS(REJECTED, miyao_kms_open(TEXT(path), root, TEXT("service:orders"), &again, &error));
    DONE(miyao_kms_change_root(kms, root, &error));
    DONE(miyao_kms_open(TEXT(path), root, TEXT("service:orders"), &again, &error));
    miyao_root_free(root);
    miyao_kms_free(again);
}

// What was closed says so, and what acts for somebody else goes on.
static void closing(miyao_kms *kms, miyao_key_ref *key) {
    miyao_kms *other = NULL;
    uint8_t token[256];
    size_t len = 0;
    DONE(miyao_kms_acting_as(kms, TEXT("service:billing"), &other, &error));
    IS(INVALID, miyao_kms_acting_as(kms, TEXT("no principal"), &other, &error));
    DONE(miyao_kms_encrypt(other, key, NULL, BYTES("a"), token, sizeof token, &len, &error));
    DONE(miyao_kms_close(kms, &error));
    DONE(miyao_kms_close(kms, &error));
    IS(INVALID, miyao_kms_encrypt(kms, key, NULL, BYTES("a"), token, sizeof token, &len, &error));
    IS(INVALID, miyao_kms_flush(kms, &error));
    DONE(miyao_kms_encrypt(other, key, NULL, BYTES("a"), token, sizeof token, &len, &error));
    miyao_buffer *record = NULL;
    DONE(miyao_kms_flush(other, &error));
    DONE(miyao_kms_audit(other, 1, 1000, &record, &error));
    CHECK(tells(record, "service:billing"));
    miyao_kms_free(kms);
    miyao_kms_free(other);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    miyao_kms *kms = made(argv[1]);
    miyao_key_ref *key = named("orders"), *bad = NULL;
    IS(INVALID, miyao_key_ref_new(TEXT("orders:0"), &bad, &error));
    IS(INVALID, miyao_key_ref_new(TEXT(""), &bad, &error));
    roots(argv[1]);
    uint8_t token[64];
    size_t len = 0;
    IS(MISSING, miyao_kms_encrypt(kms, key, NULL, NULL, 0, token, sizeof token, &len, &error));
    make(kms, "orders", MIYAO_SPEC_SM4);
    tokens(kms, key);
    data_keys(kms, key);
    records(kms, key);
    states(kms);
    macs(kms);
    whole(kms, argv[1]);
    miyao_kms_free(kms);
    kms = opened(argv[1]);
    closing(kms, key);
    miyao_key_ref_free(key);
    miyao_kms_free(NULL);
    miyao_key_ref_free(NULL);
    miyao_context_free(NULL);
    return 0;
}
