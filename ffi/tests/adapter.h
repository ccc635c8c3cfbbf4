/* What the two halves of the conformance adapter share: a request taken apart, and a reply that is put together. */
#ifndef ADAPTER_H
#define ADAPTER_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "miyao.h"

struct field {
    const char *name, *value;
};

struct request {
    const char *op;
    struct field fields[32];
    size_t count;
};

/* How a request ends; a reply that was begun is forgotten but for ANSWERED. */
enum answer { ANSWERED, BAD, UNSUPPORTED };

struct bytes {
    uint8_t *data;
    size_t len;
    /* Whether they were hexadecimal digits. */
    int good;
};

/* Memory until the end of the request; never NULL. */
void *room(size_t len);

/* The text of a field, empty where it is missing. */
const char *word(const struct request *request, const char *name);

/* The bytes of a field. */
struct bytes bytes(const struct request *request, const char *name);

/* The number in a field, at most `most`; whether there is one. */
int number(const struct request *request, const char *name, uint64_t most, uint64_t *out);

/* Adds `name=hex` to the reply. */
void reply(const char *name, const uint8_t *data, size_t len);

/* SM2 and certificates, adapter_sm2.c. */
enum answer answer_sm2(const struct request *request);

#endif
