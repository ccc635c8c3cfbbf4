// The conformance adapter's SM2: keys, signatures, encryption, key exchange, key files, certificates and messages.
//
// Nonces are nobody's to give here, so `signk` and `enck` are answered with `unsup`.

#include "adapter.h"

// Every object that an operation may make; `held_end` frees them.
struct held {
    miyao_sm2_private_key *key, *other_key;
    miyao_sm2_public_key *public_key, *other_public_key;
    miyao_sm2_exchange *exchange;
    miyao_certificate *certificate, *issuer, *between[16];
    miyao_trust *trust;
    miyao_certificate_request *csr;
    miyao_crl *crl;
    miyao_buffer *buffer;
};

static void held_end(struct held *held) {
    miyao_sm2_private_key_free(held->key);
    miyao_sm2_private_key_free(held->other_key);
    miyao_sm2_public_key_free(held->public_key);
    miyao_sm2_public_key_free(held->other_public_key);
    miyao_sm2_exchange_free(held->exchange);
    miyao_certificate_free(held->certificate);
    miyao_certificate_free(held->issuer);
    for (size_t at = 0; at < sizeof held->between / sizeof *held->between; at++) {
        miyao_certificate_free(held->between[at]);
    }
    miyao_trust_free(held->trust);
    miyao_certificate_request_free(held->csr);
    miyao_crl_free(held->crl);
    miyao_buffer_free(held->buffer);
}

// Whatever is not done ends the operation with `bad`.
#define DO(call)                                                                                                       \
    do {                                                                                                               \
        if ((call) != MIYAO_STATUS_OK) {                                                                               \
            return BAD;                                                                                                \
        }                                                                                                              \
    } while (0)

// The bytes of a field; what is no hexadecimal ends the operation likewise.
#define FIELD(name, key)                                                                                               \
    struct bytes name = bytes(request, key);                                                                           \
    if (!name.good) {                                                                                                  \
        return BAD;                                                                                                    \
    }

static bool is(const char *word, const char *other) { return strcmp(word, other) == 0; }

static miyao_status private_key(const struct request *request, const char *name, miyao_sm2_private_key **out) {
    struct bytes d = bytes(request, name);
    if (!d.good) {
        return MIYAO_STATUS_INVALID;
    }
    return miyao_sm2_private_key_from_bytes(d.data, d.len, out);
}

static miyao_status public_key(const struct request *request, const char *name, miyao_sm2_public_key **out) {
    struct bytes q = bytes(request, name);
    if (!q.good) {
        return MIYAO_STATUS_INVALID;
    }
    return miyao_sm2_public_key_from_bytes(q.data, q.len, out);
}

static enum answer reply_point(const miyao_sm2_public_key *key) {
    uint8_t q[MIYAO_SM2_PUBLIC_KEY_LEN];
    DO(miyao_sm2_public_key_to_bytes(key, q, sizeof q));
    reply("q", q, sizeof q);
    return ANSWERED;
}

static enum answer reply_pair(const miyao_sm2_private_key *key, struct held *held) {
    uint8_t d[MIYAO_SM2_PRIVATE_KEY_LEN], q[MIYAO_SM2_PUBLIC_KEY_LEN];
    DO(miyao_sm2_private_key_expose(key, d, sizeof d));
    DO(miyao_sm2_private_key_public_key(key, &held->public_key));
    DO(miyao_sm2_public_key_to_bytes(held->public_key, q, sizeof q));
    reply("d", d, sizeof d);
    reply("q", q, sizeof q);
    return ANSWERED;
}

static enum answer reply_buffer(const miyao_buffer *buffer) {
    reply("m", miyao_buffer_data(buffer), miyao_buffer_len(buffer));
    return ANSWERED;
}

static enum answer sign(const struct request *request, struct held *held) {
    FIELD(id, "id");
    FIELD(m, "m");
    DO(private_key(request, "d", &held->key));
    size_t len;
    if (!is(word(request, "q"), "")) {
        DO(public_key(request, "q", &held->public_key));
        DO(miyao_sm2_private_key_public_key(held->key, &held->other_public_key));
        if (!miyao_sm2_public_key_equal(held->public_key, held->other_public_key)) {
            return BAD;
        }
    }
    uint8_t raw[MIYAO_SM2_SIGNATURE_LEN], der[MIYAO_SM2_SIGNATURE_DER_MAX];
    DO(miyao_sm2_private_key_sign(held->key, id.data, id.len, m.data, m.len, raw, sizeof raw));
    DO(miyao_sm2_signature_to_der(raw, sizeof raw, der, sizeof der, &len));
    reply("sig", der, len);
    return ANSWERED;
}

static enum answer verify(const struct request *request, struct held *held) {
    FIELD(id, "id");
    FIELD(m, "m");
    DO(public_key(request, "q", &held->public_key));
    uint8_t raw[MIYAO_SM2_SIGNATURE_LEN];
    FIELD(signature, "rs");
    if (!is(request->op, "vraw")) {
        FIELD(der, "sig");
        DO(miyao_sm2_signature_from_der(der.data, der.len, raw, sizeof raw));
        signature.data = raw;
        signature.len = sizeof raw;
    }
    DO(miyao_sm2_public_key_verify(held->public_key, id.data, id.len, m.data, m.len, signature.data, signature.len));
    return ANSWERED;
}

static enum answer verify_digest(const struct request *request, struct held *held) {
    FIELD(e, "e");
    FIELD(r, "r");
    FIELD(s, "s");
    uint8_t raw[MIYAO_SM2_SIGNATURE_LEN];
    if (r.len != 32 || s.len != 32) {
        return BAD;
    }
    memcpy(raw, r.data, 32);
    memcpy(raw + 32, s.data, 32);
    DO(public_key(request, "q", &held->public_key));
    DO(miyao_sm2_public_key_verify_digest(held->public_key, e.data, e.len, raw, sizeof raw));
    return ANSWERED;
}

static uint32_t encoding(const struct request *request) {
    return is(word(request, "fmt"), "der")      ? MIYAO_SM2_ENCODING_DER
           : is(word(request, "fmt"), "c1c3c2") ? MIYAO_SM2_ENCODING_C1C3C2
           : is(word(request, "fmt"), "c1c2c3") ? MIYAO_SM2_ENCODING_C1C2C3
                                                  : 0;
}

static enum answer encrypt(const struct request *request, struct held *held) {
    FIELD(m, "m");
    DO(public_key(request, "q", &held->public_key));
    size_t most = miyao_sm2_ciphertext_max(m.len, encoding(request)), len;
    uint8_t *out = (uint8_t *)room(most);
    DO(miyao_sm2_public_key_encrypt(held->public_key, m.data, m.len, encoding(request), out, most, &len));
    reply("c", out, len);
    return ANSWERED;
}

static enum answer decrypt(const struct request *request, struct held *held) {
    FIELD(c, "c");
    DO(private_key(request, "d", &held->key));
    size_t len;
    uint8_t *out = (uint8_t *)room(c.len);
    DO(miyao_sm2_private_key_decrypt(held->key, c.data, c.len, encoding(request), out, c.len, &len));
    reply("m", out, len);
    return ANSWERED;
}

static enum answer exchange(const struct request *request, struct held *held) {
    bool is_initiator = is(word(request, "role"), "A");
    if (!is_initiator && !is(word(request, "role"), "B")) {
        return BAD;
    }
    FIELD(own, is_initiator ? "ida" : "idb");
    FIELD(peer, is_initiator ? "idb" : "ida");
    uint64_t n;
    if (!number(request, "n", 1 << 28, &n)) {
        return BAD;
    }
    DO(private_key(request, "d", &held->key));
    DO(private_key(request, "r", &held->other_key));
    DO(public_key(request, "qp", &held->public_key));
    DO(public_key(request, "rp", &held->other_public_key));
    DO(miyao_sm2_exchange_new(is_initiator ? MIYAO_SM2_ROLE_INITIATOR : MIYAO_SM2_ROLE_RESPONDER, held->key, own.data,
                              own.len, held->other_key, held->public_key, peer.data, peer.len, held->other_public_key,
                              &held->exchange));
    uint8_t *key = (uint8_t *)room((size_t)n), s1[MIYAO_SM2_DIGEST_LEN], s2[MIYAO_SM2_DIGEST_LEN];
    DO(miyao_sm2_exchange_key(held->exchange, key, (size_t)n));
    DO(miyao_sm2_exchange_confirmation(held->exchange, MIYAO_SM2_ROLE_RESPONDER, s1, sizeof s1));
    DO(miyao_sm2_exchange_confirmation(held->exchange, MIYAO_SM2_ROLE_INITIATOR, s2, sizeof s2));
    reply("k", key, (size_t)n);
    reply("s1", s1, sizeof s1);
    reply("s2", s2, sizeof s2);
    return ANSWERED;
}

static enum answer key_file(const struct request *request, struct held *held) {
    FIELD(f, "f");
    FIELD(p, "p");
    DO(miyao_sm2_private_key_parse(f.data, f.len, p.data, p.len, &held->key, NULL));
    return reply_pair(held->key, held);
}

static enum answer enveloped_key(const struct request *request, struct held *held) {
    FIELD(f, "f");
    DO(private_key(request, "d", &held->key));
    DO(miyao_sm2_enveloped_key_unwrap(f.data, f.len, held->key, &held->other_key, NULL));
    return reply_pair(held->other_key, held);
}

static enum answer public_file(const struct request *request, struct held *held) {
    FIELD(f, "f");
    DO(miyao_sm2_public_key_parse(f.data, f.len, &held->public_key, NULL));
    return reply_point(held->public_key);
}

static enum answer chain(const struct request *request, struct held *held) {
    FIELD(leaf, "leaf");
    FIELD(root, "root");
    FIELD(inter, "inter");
    FIELD(id, "id");
    uint64_t now;
    if (!number(request, "t", INT64_MAX, &now)) {
        return BAD;
    }
    size_t most = sizeof held->between / sizeof *held->between, count = 0;
    DO(miyao_trust_new(&held->trust));
    DO(miyao_trust_set_user_id(held->trust, id.data, id.len));
    DO(miyao_certificate_parse(leaf.data, leaf.len, &held->certificate, NULL));
    DO(miyao_certificate_parse(root.data, root.len, &held->issuer, NULL));
    DO(miyao_trust_add_anchor(held->trust, held->issuer));
    if (inter.len > 0) {
        DO(miyao_certificate_parse_all(inter.data, inter.len, held->between, most, &count, NULL));
    }
    for (size_t at = 0; at < count; at++) {
        DO(miyao_trust_add_intermediate(held->trust, held->between[at]));
    }
    DO(miyao_trust_verify(held->trust, held->certificate, MIYAO_PURPOSE_ANY, (int64_t)now, NULL, NULL));
    return ANSWERED;
}

static enum answer request_file(const struct request *request, struct held *held) {
    FIELD(f, "f");
    FIELD(id, "id");
    DO(miyao_certificate_request_parse(f.data, f.len, &held->csr, NULL));
    DO(miyao_certificate_request_verify(held->csr, id.data, id.len, &held->public_key, NULL));
    return reply_point(held->public_key);
}

static enum answer revocation_list(const struct request *request, struct held *held) {
    FIELD(f, "f");
    FIELD(issuer, "issuer");
    FIELD(id, "id");
    uint64_t now;
    if (!number(request, "t", INT64_MAX, &now)) {
        return BAD;
    }
    if (id.len == 0) {
        id.data = (uint8_t *)MIYAO_SM2_DEFAULT_ID;
        id.len = MIYAO_SM2_DEFAULT_ID_LEN;
    }
    DO(miyao_crl_parse(f.data, f.len, &held->crl, NULL));
    DO(miyao_certificate_parse(issuer.data, issuer.len, &held->issuer, NULL));
    DO(miyao_crl_verify(held->crl, held->issuer, id.data, id.len, (int64_t)now, NULL));
    return ANSWERED;
}

static enum answer message(const struct request *request, struct held *held) {
    FIELD(f, "f");
    FIELD(certificate, "cert");
    DO(miyao_certificate_parse(certificate.data, certificate.len, &held->certificate, NULL));
    if (is(word(request, "type"), "signedData")) {
        const miyao_certificate *known[] = {held->certificate};
        DO(miyao_cms_verify(f.data, f.len, (const uint8_t *)MIYAO_SM2_DEFAULT_ID, MIYAO_SM2_DEFAULT_ID_LEN, known, 1,
                            &held->buffer, NULL, 0, NULL, NULL));
        return reply_buffer(held->buffer);
    }
    if (is(word(request, "type"), "envelopedData")) {
        DO(private_key(request, "d", &held->key));
        DO(miyao_cms_open(f.data, f.len, held->certificate, held->key, &held->buffer, NULL));
        return reply_buffer(held->buffer);
    }
    return UNSUPPORTED;
}

static enum answer key(const struct request *request, struct held *held) {
    if (is(request->op, "pub")) {
        DO(private_key(request, "d", &held->key));
        DO(miyao_sm2_private_key_public_key(held->key, &held->public_key));
        return reply_point(held->public_key);
    }
    DO(public_key(request, "q", &held->public_key));
    return ANSWERED;
}

enum answer answer_sm2(const struct request *request) {
    static const struct {
        const char *op;
        enum answer (*answer)(const struct request *, struct held *);
    } operations[] = {
        {"pub", key},          {"chkpub", key},          {"sign", sign},        {"verify", verify},
        {"vraw", verify},      {"ve", verify_digest},    {"enc", encrypt},      {"dec", decrypt},
        {"kex", exchange},     {"keyfile", key_file},    {"pubfile", public_file}, {"chain", chain},
        {"csr", request_file}, {"crl", revocation_list}, {"cms", message},      {"envkey", enveloped_key},
    };
    for (size_t at = 0; at < sizeof operations / sizeof *operations; at++) {
        if (is(request->op, operations[at].op)) {
            struct held held;
            memset(&held, 0, sizeof held);
            enum answer answer = operations[at].answer(request, &held);
            held_end(&held);
            return answer;
        }
    }
    return UNSUPPORTED;
}
