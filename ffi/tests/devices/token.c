// A token of PKCS#11: a store under a root in it, the root rotated and moved, a key that lives inside, and what each refusal is.
//
// Takes the path of an empty directory. The environment names a SoftHSM with the tokens `kms` and `other`, both of the PIN 1234.

#include "../stores/kms.h"

#define MODULE "?module-path=/usr/lib/softhsm/libsofthsm2.so"
#define PRINCIPAL TEXT("service:orders")

static char store[4096];

static miyao_device_settings *settings(const char *pin) {
    miyao_device_settings *made = NULL;
    DONE(miyao_device_settings_new(&made));
    DONE(miyao_device_settings_set_pin(made, (const uint8_t *)pin, strlen(pin), &error));
    DONE(miyao_device_settings_set_suite(made, TEXT("sm2-ec-raw"), &error));
    DONE(miyao_device_settings_set_gm_only(made, true, &error));
    DONE(miyao_device_settings_set_sessions(made, 2, &error));
    return made;
}

// The device keeps what it needs of its settings.
static miyao_device *device(const char *uri) {
    miyao_device_settings *how = settings("1234");
    miyao_device *made = NULL;
    DONE(miyao_device_open(TEXT(uri), how, &made, &error));
    miyao_device_settings_free(how);
    return made;
}

static miyao_root *root_in(const miyao_device *device) {
    miyao_root *root = NULL;
    DONE(miyao_root_device(device, &root, &error));
    return root;
}

static miyao_kms *open_by(const miyao_device *device) {
    miyao_root *root = root_in(device);
    miyao_kms *kms = NULL;
    DONE(miyao_kms_open(TEXT(store), root, PRINCIPAL, &kms, &error));
    miyao_root_free(root);
    return kms;
}

// The store is opened by this device, and not by that one.
static void is_under(const miyao_device *device, const miyao_device *other) {
    miyao_root *root = root_in(other);
    miyao_kms *kms = NULL;
    IS(MISSING, miyao_kms_open(TEXT(store), root, PRINCIPAL, &kms, &error));
    CHECK(kms == NULL);
    miyao_root_free(root);
    miyao_kms_free(open_by(device));
}

static void identity_is(const miyao_device *device, const char *label) {
    miyao_buffer *record = NULL;
    char text[64];
    snprintf(text, sizeof text, "\"label\":\"%s\"", label);
    DONE(miyao_device_identity(device, &record, &error));
    CHECK(tells(record, text));
}

static void identity(const miyao_device *device) {
    identity_is(device, "kms");
    DONE(miyao_device_check_health(device, &error));
    IS(INVALID, miyao_device_identity(device, NULL, &error));
    IS(INVALID, miyao_device_check_health(NULL, &error));
}

// What was sealed before a root was changed is opened after it.
struct sealed {
    uint8_t token[128];
    size_t len;
};

static struct sealed seal(miyao_kms *kms) {
    struct sealed sealed;
    miyao_key_ref *key = named("orders");
    DONE(miyao_kms_encrypt(kms, key, NULL, BYTES("value"), sealed.token, sizeof sealed.token, &sealed.len, &error));
    miyao_key_ref_free(key);
    return sealed;
}

static void opens(miyao_kms *kms, const struct sealed *sealed) {
    uint8_t text[16];
    size_t len = 0;
    DONE(miyao_kms_decrypt(kms, NULL, sealed->token, sealed->len, text, sizeof text, &len, NULL, 0, NULL, NULL, &error));
    CHECK(len == 5 && memcmp(text, "value", 5) == 0);
}

static struct sealed begin(const miyao_device *device) {
    miyao_root *root = root_in(device);
    miyao_kms *kms = NULL;
    miyao_buffer *record = NULL;
    DONE(miyao_kms_init(TEXT(store), root, PRINCIPAL, &kms, &error));
    miyao_root_free(root);
    make(kms, "orders", MIYAO_SPEC_SM4);
    struct sealed sealed = seal(kms);
    DONE(miyao_kms_root(kms, &record, &error));
    CHECK(tells(record, "\"device\":\"kms "));
    miyao_kms_free(kms);
    return sealed;
}

static void change(const miyao_device *device, const miyao_device *other, const struct sealed *sealed) {
    miyao_kms *kms = open_by(device);
    miyao_buffer *record = NULL;
    opens(kms, sealed);
    IS(MISSING, miyao_kms_resume_root(kms, device, &record, &error));
    IS(INVALID, miyao_kms_migrate_root(kms, device, &record, &error));
    IS(INVALID, miyao_kms_rotate_root(kms, other, &record, &error));
    IS(INVALID, miyao_kms_rotate_root(kms, NULL, &record, &error));
    CHECK(record == NULL);
    DONE(miyao_kms_rotate_root(kms, device, &record, &error));
    miyao_buffer_free(record);
    opens(kms, sealed);
    is_under(device, other);

    // A root in a device that names no key is none that is there.
    miyao_root *nameless = root_in(other);
    IS(INVALID, miyao_kms_change_root(kms, nameless, &error));
    miyao_root_free(nameless);
    DONE(miyao_kms_migrate_root(kms, other, NULL, &error));
    opens(kms, sealed);
    is_under(other, device);
    miyao_kms_free(kms);
}

// Out of the device, into a file, and back.
static void leave(const miyao_device *other, const miyao_device *device, const struct sealed *sealed, const char *file) {
    miyao_kms *kms = open_by(other);
    miyao_root *root = NULL;
    DONE(miyao_root_key_file_create(TEXT(file), &root, &error));
    DONE(miyao_kms_change_root(kms, root, &error));
    miyao_kms_free(kms);
    DONE(miyao_kms_open(TEXT(store), root, PRINCIPAL, &kms, &error));
    opens(kms, sealed);
    miyao_root *inside = root_in(other);
    miyao_kms *none = NULL;
    IS(INVALID, miyao_kms_open(TEXT(store), inside, PRINCIPAL, &none, &error));
    miyao_root_free(inside);
    DONE(miyao_kms_migrate_root(kms, device, NULL, &error));
    miyao_kms_free(kms);
    miyao_root_free(root);
    is_under(device, other);
}

static miyao_status make_inside(miyao_kms *kms, const char *name, uint32_t spec) {
    miyao_key_options *options = NULL;
    DONE(miyao_key_options_new(TEXT(name), spec, &options, &error));
    DONE(miyao_key_options_set_protection(options, MIYAO_PROTECTION_HARDWARE, &error));
    DONE(miyao_key_options_set_device(options, TEXT("other"), &error));
    miyao_status status = miyao_kms_create(kms, options, NULL, NULL);
    miyao_key_options_free(options);
    return status;
}

static void inside(const miyao_device *device, const miyao_device *other) {
    miyao_kms *kms = open_by(device);
    miyao_buffer *record = NULL, *text = NULL;
    CHECK(make_inside(kms, "reader", MIYAO_SPEC_SM2_ENCRYPT) != MIYAO_STATUS_OK);
    DONE(miyao_kms_attach(kms, other, &error));
    DONE(miyao_kms_devices(kms, &record, &error));
    CHECK(tells(record, "\"label\":\"other\""));
    CHECK(make_inside(kms, "signer", MIYAO_SPEC_SM2_SIGN) == MIYAO_STATUS_UNSUPPORTED);
    CHECK(make_inside(kms, "reader", MIYAO_SPEC_SM2_ENCRYPT) == MIYAO_STATUS_OK);

    miyao_key_ref *key = named("reader");
    miyao_sm2_public_key *half = NULL;
    uint8_t ciphertext[256];
    size_t len = 0;
    uint32_t version = 0;
    DONE(miyao_kms_public_key(kms, key, &half, &version, &error));
    CHECK(miyao_sm2_public_key_encrypt(half, BYTES("to the device"), MIYAO_SM2_ENCODING_DER, ciphertext, sizeof ciphertext, &len) ==
          MIYAO_STATUS_OK);
    DONE(miyao_kms_sm2_decrypt(kms, key, ciphertext, len, MIYAO_SM2_ENCODING_DER, &text, &version, NULL, &error));
    CHECK(version == 1 && miyao_buffer_len(text) == 13 && memcmp(miyao_buffer_data(text), "to the device", 13) == 0);
    miyao_buffer_free(text);
    ciphertext[len - 1] ^= 1;
    IS(REJECTED, miyao_kms_sm2_decrypt(kms, key, ciphertext, len, MIYAO_SM2_ENCODING_DER, &text, NULL, NULL, &error));
    ciphertext[len - 1] ^= 1;
    miyao_sm2_public_key_free(half);
    miyao_kms_free(kms);

    // Without its device the key is not to be had.
    kms = open_by(device);
    IS(UNAVAILABLE, miyao_kms_sm2_decrypt(kms, key, ciphertext, len, MIYAO_SM2_ENCODING_DER, &text, NULL, NULL, &error));
    miyao_key_ref_free(key);
    miyao_kms_free(kms);
}

// A device that stands in for one that is not there.
static void pool(const struct sealed *sealed) {
    const char *uris[] = {"pkcs11:token=nobody" MODULE, "pkcs11:token=kms" MODULE};
    size_t lens[] = {strlen(uris[0]), strlen(uris[1])}, calls = 7, devices = 7;
    miyao_device_settings *how = settings("1234");
    miyao_device *both = NULL, *none = NULL;
    DONE(miyao_device_open_all(uris, lens, 2, how, &both, &error));
    CHECK(miyao_device_hanging(both, &calls, &devices) == MIYAO_STATUS_OK && calls == 0 && devices == 2);
    identity_is(both, "kms");
    IS(UNAVAILABLE, miyao_device_check_health(both, &error));
    miyao_kms *kms = open_by(both);
    opens(kms, sealed);
    miyao_kms_free(kms);
    miyao_device_free(both);

    IS(UNAVAILABLE, miyao_device_open_all(uris, lens, 1, how, &none, &error));
    IS(INVALID, miyao_device_open_all(uris, lens, 0, how, &none, &error));
    IS(INVALID, miyao_device_open_all(uris, lens, 2, how, NULL, &error));
    IS(INVALID, miyao_device_open_all(NULL, lens, 2, how, &none, &error));
    IS(INVALID, miyao_device_open_all(uris, NULL, 2, how, &none, &error));
    uris[0] = "pkcs11:token=kms;id=%01" MODULE;
    lens[0] = strlen(uris[0]);
    IS(INVALID, miyao_device_open_all(uris, lens, 2, how, &none, &error));
    lens[1] -= 3;
    IS(MISSING, miyao_device_open_all(uris + 1, lens + 1, 1, how, &none, &error));
    CHECK(none == NULL && calls == 0);
    CHECK(miyao_device_hanging(NULL, &calls, &devices) == MIYAO_STATUS_INVALID);
    miyao_device_settings_free(how);
}

static void refusals(void) {
    miyao_device_settings *how = settings("4321");
    miyao_device *none = NULL;
    IS(DENIED, miyao_device_open(TEXT("pkcs11:token=kms" MODULE), how, &none, &error));
    IS(UNAVAILABLE, miyao_device_open(TEXT("pkcs11:token=nobody" MODULE), how, &none, &error));
    IS(UNSUPPORTED, miyao_device_open(TEXT("skf:token=kms"), how, &none, &error));
    IS(INVALID, miyao_device_open(TEXT("pkcs11:token=kms" MODULE), how, NULL, &error));
    IS(MISSING, miyao_device_open(TEXT("pkcs11:token=kms?module-path=/none.so"), how, &none, &error));
    DONE(miyao_device_settings_set_suite(how, TEXT("rot13"), &error));
    CHECK(miyao_device_open(TEXT("pkcs11:token=kms" MODULE), how, &none, NULL) != MIYAO_STATUS_OK);
    CHECK(none == NULL);
    miyao_device_settings_free(how);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    char file[4096];
    snprintf(store, sizeof store, "%s/store.db", argv[1]);
    snprintf(file, sizeof file, "%s/root.key", argv[1]);
    miyao_device *kms = device("pkcs11:token=kms" MODULE), *other = device("pkcs11:token=other" MODULE);
    identity(kms);
    struct sealed sealed = begin(kms);
    is_under(kms, other);
    change(kms, other, &sealed);
    leave(other, kms, &sealed, file);
    inside(kms, other);
    pool(&sealed);
    miyao_device_free(kms);
    miyao_device_free(other);
    refusals();
    return 0;
}
