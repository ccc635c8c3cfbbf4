/* The conformance adapter in C: answers one request a line on standard input over the C interface.

   `ok key=hex ...`, `bad` (refused or failed), or `unsup`. */
#define _GNU_SOURCE
#include "adapter.h"

#include <stdio.h>

/* The most bytes one request may ask for: a reply takes less than 20 s. */
#define MOST ((uint64_t)1 << 28)

/* Memory of a request, freed with it. */
struct piece {
    struct piece *before;
};
static struct piece *pieces;

void *room(size_t len) {
    struct piece *piece = (struct piece *)malloc(sizeof *piece + len + 1);
    if (piece == NULL) abort();
    piece->before = pieces;
    pieces = piece;
    return piece + 1;
}

static void free_pieces(void) {
    while (pieces != NULL) {
        struct piece *before = pieces->before;
        free(pieces);
        pieces = before;
    }
}

static char *text;
static size_t text_len, text_cap;

static void add(const char *what, size_t len) {
    if (text_len + len > text_cap) {
        text_cap = 2 * (text_len + len);
        text = (char *)realloc(text, text_cap);
        if (text == NULL) abort();
    }
    memcpy(text + text_len, what, len);
    text_len += len;
}

void reply(const char *name, const uint8_t *data, size_t len) {
    static const char digits[] = "0123456789abcdef";
    add(" ", 1);
    add(name, strlen(name));
    add("=", 1);
    for (size_t at = 0; at < len; at++) {
        char pair[2] = {digits[data[at] >> 4], digits[data[at] & 15]};
        add(pair, 2);
    }
}

const char *word(const struct request *request, const char *name) {
    for (size_t at = 0; at < request->count; at++)
        if (strcmp(request->fields[at].name, name) == 0) return request->fields[at].value;
    return "";
}

static int digit(char character) {
    if (character >= '0' && character <= '9') return character - '0';
    if (character >= 'a' && character <= 'f') return character - 'a' + 10;
    return -1;
}

struct bytes bytes(const struct request *request, const char *name) {
    const char *hex = word(request, name);
    struct bytes made = {NULL, strlen(hex) / 2, strlen(hex) % 2 == 0};
    made.data = (uint8_t *)room(made.len);
    for (size_t at = 0; at < made.len; at++) {
        int high = digit(hex[2 * at]), low = digit(hex[2 * at + 1]);
        if (high < 0 || low < 0) made.good = 0;
        made.data[at] = (uint8_t)(high << 4 | low);
    }
    return made;
}

int number(const struct request *request, const char *name, uint64_t most, uint64_t *out) {
    const char *digits = word(request, name);
    char *end = NULL;
    if (*digits < '0' || *digits > '9') return 0;
    *out = strtoull(digits, &end, 10);
    return *end == 0 && *out <= most;
}

/* `ok` with one field, or `bad`. */
static enum answer one(miyao_status status, const char *name, const uint8_t *data, size_t len) {
    if (status != MIYAO_STATUS_OK) return BAD;
    reply(name, data, len);
    return ANSWERED;
}

static enum answer pieces_of_sm3(const struct request *request) {
    struct bytes m = bytes(request, "m");
    uint8_t md[MIYAO_SM3_LEN];
    miyao_sm3 *sm3 = NULL;
    size_t at = 0;
    const char *counts = word(request, "counts");
    miyao_status status;
    if (!m.good || miyao_sm3_new(&sm3) != MIYAO_STATUS_OK) return BAD;
    status = MIYAO_STATUS_OK;
    while (*counts != 0 && status == MIYAO_STATUS_OK) {
        char *end = NULL;
        unsigned long long len = strtoull(counts, &end, 10);
        if (end == counts || len > m.len - at) {
            status = MIYAO_STATUS_INVALID;
            break;
        }
        status = miyao_sm3_update(sm3, m.data + at, (size_t)len);
        at += (size_t)len;
        counts = *end == ',' ? end + 1 : end;
    }
    if (status == MIYAO_STATUS_OK) status = miyao_sm3_update(sm3, m.data + at, m.len - at);
    if (status == MIYAO_STATUS_OK) status = miyao_sm3_finish(sm3, md, sizeof md);
    miyao_sm3_free(sm3);
    return one(status, "md", md, sizeof md);
}

static enum answer repeated_sm3(const struct request *request) {
    static uint8_t chunk[1 << 16];
    struct bytes byte = bytes(request, "byte");
    uint8_t md[MIYAO_SM3_LEN];
    uint64_t count;
    miyao_sm3 *sm3 = NULL;
    miyao_status status;
    if (!byte.good || byte.len == 0 || !number(request, "count", (uint64_t)1 << 32, &count)) return BAD;
    memset(chunk, byte.data[0], sizeof chunk);
    status = miyao_sm3_new(&sm3);
    while (count > 0 && status == MIYAO_STATUS_OK) {
        size_t now = count < sizeof chunk ? (size_t)count : sizeof chunk;
        status = miyao_sm3_update(sm3, chunk, now);
        count -= now;
    }
    if (status == MIYAO_STATUS_OK) status = miyao_sm3_finish(sm3, md, sizeof md);
    miyao_sm3_free(sm3);
    return one(status, "md", md, sizeof md);
}

static enum answer hash(const struct request *request) {
    struct bytes k = bytes(request, "k"), m = bytes(request, "m");
    uint8_t made[32];
    if (!k.good || !m.good) return BAD;
    if (strcmp(request->op, "sm3") == 0)
        return one(miyao_sm3_digest(m.data, m.len, made, sizeof made), "md", made, MIYAO_SM3_LEN);
    if (strcmp(request->op, "hmac") == 0)
        return one(miyao_hmac_mac(k.data, k.len, m.data, m.len, made, sizeof made), "mac", made, MIYAO_HMAC_LEN);
    return one(miyao_cmac_mac(k.data, k.len, m.data, m.len, made, sizeof made), "mac", made, MIYAO_CMAC_LEN);
}

static enum answer derivation(const struct request *request) {
    struct bytes s = bytes(request, "s"), k = bytes(request, "k"), i = bytes(request, "i");
    struct bytes p = bytes(request, "p"), z = bytes(request, "z");
    uint64_t n, c;
    uint8_t *out;
    if (!s.good || !k.good || !i.good || !p.good || !z.good || !number(request, "n", MOST, &n)) return BAD;
    out = (uint8_t *)room((size_t)n);
    if (strcmp(request->op, "hkdf") == 0)
        return one(miyao_hkdf_derive(s.data, s.len, k.data, k.len, i.data, i.len, out, (size_t)n), "okm", out, (size_t)n);
    if (strcmp(request->op, "kdf") == 0)
        return one(miyao_kdf_derive(z.data, z.len, out, (size_t)n), "k", out, (size_t)n);
    if (!number(request, "c", 10000000, &c)) return BAD;
    return one(miyao_pbkdf2_derive(p.data, p.len, s.data, s.len, (uint32_t)c, out, (size_t)n), "dk", out, (size_t)n);
}

/* All that the modes of SM4 take. */
struct text {
    struct bytes k, iv, aad, m, tag;
    uint64_t tag_len;
    int encrypts;
};

/* In pieces it has to be the same: `update` one of 7 bytes, at the place where it stands. */
#define IN_PIECES(update, encryptor, t)                                          \
    for (size_t at = 0; at < (t)->m.len && piecewise == MIYAO_STATUS_OK; at += 7) { \
        size_t now = (t)->m.len - at < 7 ? (t)->m.len - at : 7;                   \
        piecewise = update(encryptor, (t)->m.data + at, now, again + at, now);    \
    }

static void gcm_in_pieces(const miyao_gcm *gcm, const struct text *t, miyao_status status, const uint8_t *out, const uint8_t *tag) {
    miyao_gcm_encryptor *encryptor = NULL;
    uint8_t *again = (uint8_t *)room(t->m.len), its_tag[16];
    miyao_status piecewise = miyao_gcm_encryptor_new(gcm, t->iv.data, t->iv.len, t->aad.data, t->aad.len, &encryptor);
    IN_PIECES(miyao_gcm_encryptor_update, encryptor, t)
    if (piecewise == MIYAO_STATUS_OK) piecewise = miyao_gcm_encryptor_finish(encryptor, its_tag, sizeof its_tag);
    miyao_gcm_encryptor_free(encryptor);
    if (piecewise != status) abort();
    if (status == MIYAO_STATUS_OK && (memcmp(out, again, t->m.len) != 0 || memcmp(tag, its_tag, (size_t)t->tag_len) != 0)) abort();
}

static enum answer gcm(const struct text *t, uint8_t *out) {
    miyao_gcm *gcm = NULL;
    uint8_t tag[16];
    miyao_status status = miyao_gcm_new(t->k.data, t->k.len, (size_t)t->tag_len, &gcm);
    if (status != MIYAO_STATUS_OK) return BAD;
    status = t->encrypts ? miyao_gcm_encrypt(gcm, t->iv.data, t->iv.len, t->aad.data, t->aad.len, t->m.data, t->m.len, out, t->m.len,
                                             tag, sizeof tag)
                         : miyao_gcm_decrypt(gcm, t->iv.data, t->iv.len, t->aad.data, t->aad.len, t->m.data, t->m.len, t->tag.data,
                                             t->tag.len, out, t->m.len);
    if (t->encrypts) gcm_in_pieces(gcm, t, status, out, tag);
    miyao_gcm_free(gcm);
    if (status != MIYAO_STATUS_OK) return BAD;
    reply(t->encrypts ? "c" : "m", out, t->m.len);
    if (t->encrypts) reply("tag", tag, (size_t)t->tag_len);
    return ANSWERED;
}

/* To another place, and before the plaintext is encrypted where it is. */
static miyao_status ccm_in_pieces(const miyao_ccm *ccm, const struct text *t, uint8_t *again, uint8_t *its_tag) {
    miyao_ccm_encryptor *encryptor = NULL;
    miyao_status piecewise =
        miyao_ccm_encryptor_new(ccm, t->iv.data, t->iv.len, t->aad.data, t->aad.len, t->m.len, &encryptor);
    IN_PIECES(miyao_ccm_encryptor_update, encryptor, t)
    if (piecewise == MIYAO_STATUS_OK) piecewise = miyao_ccm_encryptor_finish(encryptor, its_tag, 16);
    miyao_ccm_encryptor_free(encryptor);
    return piecewise;
}

static enum answer ccm(const struct text *t) {
    miyao_ccm *ccm = NULL;
    uint8_t tag[16], its_tag[16], *again = (uint8_t *)room(t->m.len);
    miyao_status status = miyao_ccm_new(t->k.data, t->k.len, (size_t)t->tag_len, &ccm), piecewise = status;
    if (status != MIYAO_STATUS_OK) return BAD;
    if (t->encrypts) piecewise = ccm_in_pieces(ccm, t, again, its_tag);
    /* In place. */
    status = t->encrypts ? miyao_ccm_encrypt(ccm, t->iv.data, t->iv.len, t->aad.data, t->aad.len, t->m.data, t->m.len, t->m.data,
                                             t->m.len, tag, sizeof tag)
                         : miyao_ccm_decrypt(ccm, t->iv.data, t->iv.len, t->aad.data, t->aad.len, t->m.data, t->m.len, t->tag.data,
                                             t->tag.len, t->m.data, t->m.len);
    if (t->encrypts && piecewise != status) abort();
    if (t->encrypts && status == MIYAO_STATUS_OK &&
        (memcmp(t->m.data, again, t->m.len) != 0 || memcmp(tag, its_tag, (size_t)t->tag_len) != 0))
        abort();
    miyao_ccm_free(ccm);
    if (status != MIYAO_STATUS_OK) return BAD;
    reply(t->encrypts ? "c" : "m", t->m.data, t->m.len);
    if (t->encrypts) reply("tag", tag, (size_t)t->tag_len);
    return ANSWERED;
}

static enum answer xts(const struct text *t, uint32_t order, uint8_t *out) {
    miyao_xts *xts = NULL;
    miyao_status status = miyao_xts_new(t->k.data, t->k.len, order, &xts);
    if (status != MIYAO_STATUS_OK) return BAD;
    status = t->encrypts ? miyao_xts_encrypt(xts, t->iv.data, t->iv.len, t->m.data, t->m.len, out, t->m.len)
                         : miyao_xts_decrypt(xts, t->iv.data, t->iv.len, t->m.data, t->m.len, out, t->m.len);
    miyao_xts_free(xts);
    return one(status, t->encrypts ? "c" : "m", out, t->m.len);
}

/* At once and in pieces, which have to agree. */
static enum answer plain(const struct text *t, uint32_t mode, uint8_t *out) {
    miyao_sm4 *sm4 = NULL;
    miyao_sm4_stream *stream = NULL;
    uint8_t *again = (uint8_t *)room(t->m.len + 32);
    size_t len = 0, filled = 0, made = 0, cap = t->m.len + 16;
    miyao_status status = miyao_sm4_new(t->k.data, t->k.len, &sm4), piecewise;
    if (status != MIYAO_STATUS_OK) return BAD;
    status = t->encrypts ? miyao_sm4_encrypt(sm4, mode, t->iv.data, t->iv.len, t->m.data, t->m.len, out, cap, &len)
                         : miyao_sm4_decrypt(sm4, mode, t->iv.data, t->iv.len, t->m.data, t->m.len, out, cap, &len);
    miyao_sm4_free(sm4);
    piecewise = miyao_sm4_stream_new(t->k.data, t->k.len, mode, t->encrypts ? MIYAO_SM4_ENCRYPT : MIYAO_SM4_DECRYPT, t->iv.data,
                                     t->iv.len, &stream);
    for (size_t at = 0; at < t->m.len && piecewise == MIYAO_STATUS_OK; at += 7) {
        size_t now = t->m.len - at < 7 ? t->m.len - at : 7;
        piecewise = miyao_sm4_stream_update(stream, t->m.data + at, now, again + filled, t->m.len + 32 - filled, &made);
        filled += made;
    }
    if (piecewise == MIYAO_STATUS_OK)
        piecewise = miyao_sm4_stream_finish(stream, again + filled, t->m.len + 32 - filled, &made);
    filled += made;
    miyao_sm4_stream_free(stream);
    if (piecewise != status) abort();
    if (status != MIYAO_STATUS_OK) return BAD;
    if (filled != len || memcmp(out, again, len) != 0) abort();
    return one(status, t->encrypts ? "c" : "m", out, len);
}

static enum answer sm4(const struct request *request) {
    static const char *const modes[] = {"ecb", "ecb7", "cbc", "cbc7", "cfb", "cfb8", "ofb", "ctr"};
    struct text t;
    const char *mode = word(request, "mode");
    uint8_t *out;
    t.k = bytes(request, "k");
    t.iv = bytes(request, "iv");
    t.aad = bytes(request, "aad");
    t.m = bytes(request, "m");
    t.tag = bytes(request, "tag");
    t.encrypts = strcmp(word(request, "dir"), "e") == 0;
    if (!t.k.good || !t.iv.good || !t.aad.good || !t.m.good || !t.tag.good) return BAD;
    out = (uint8_t *)room(t.m.len + 32);
    if (strcmp(mode, "gcm") == 0 || strcmp(mode, "ccm") == 0) {
        if (!number(request, "tl", 1000, &t.tag_len)) return BAD;
        return *mode == 'g' ? gcm(&t, out) : ccm(&t);
    }
    if (strcmp(mode, "xts") == 0) return xts(&t, MIYAO_XTS_IEEE, out);
    if (strcmp(mode, "xtsgb") == 0) return xts(&t, MIYAO_XTS_GB, out);
    for (uint32_t at = 0; at < sizeof modes / sizeof *modes; at++) {
        if (strcmp(mode, modes[at]) != 0) continue;
        /* A request of ECB may carry an IV that nobody reads. */
        if (at < 2) t.iv.len = 0;
        return plain(&t, MIYAO_SM4_MODE_ECB + at, out);
    }
    return UNSUPPORTED;
}

static enum answer answer(const struct request *request) {
    static const char *const hashes[] = {"sm3", "hmac", "cmac"}, *const derivations[] = {"hkdf", "pbkdf2", "kdf"};
    if (strcmp(request->op, "info") == 0) {
        const char *version = miyao_version();
        return one(MIYAO_STATUS_OK, "ver", (const uint8_t *)version, strlen(version));
    }
    for (size_t at = 0; at < 3; at++) {
        if (strcmp(request->op, hashes[at]) == 0) return hash(request);
        if (strcmp(request->op, derivations[at]) == 0) return derivation(request);
    }
    if (strcmp(request->op, "sm3s") == 0) return pieces_of_sm3(request);
    if (strcmp(request->op, "sm3r") == 0) return repeated_sm3(request);
    if (strcmp(request->op, "sm4") == 0) return sm4(request);
    return answer_sm2(request);
}

/* Takes the line apart where it is. */
static struct request parse(char *line) {
    struct request request = {"", {{NULL, NULL}}, 0};
    char *rest = line, *next;
    next = strtok_r(line, " \r\n", &rest);
    if (next != NULL) request.op = next;
    while ((next = strtok_r(NULL, " \r\n", &rest)) != NULL && request.count < 32) {
        char *value = strchr(next, '=');
        if (value == NULL) continue;
        *value = 0;
        request.fields[request.count].name = next;
        request.fields[request.count++].value = value + 1;
    }
    return request;
}

int main(void) {
    char *line = NULL;
    size_t cap = 0;
    while (getline(&line, &cap, stdin) > 0) {
        struct request request = parse(line);
        enum answer how;
        text_len = 0;
        how = answer(&request);
        if (how == ANSWERED) {
            fputs("ok", stdout);
            fwrite(text, 1, text_len, stdout);
            fputc('\n', stdout);
        } else {
            fputs(how == BAD ? "bad\n" : "unsup\n", stdout);
        }
        fflush(stdout);
        free_pieces();
    }
    free(text);
    free(line);
    return 0;
}
