/* The conformance adapter's half for SM2 and certificates. */
#include "adapter.h"

enum answer answer_sm2(const struct request *request) {
    (void)request;
    return UNSUPPORTED;
}
