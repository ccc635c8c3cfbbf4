/* A module before miyao's own that has few sessions and takes few bytes in one call, as a small device does. Knows nothing else; every
   other call goes through. */
#include "before.h"

enum { FINALIZE = 1, OPEN_SESSION = 12, CLOSE_SESSION = 13, CLOSE_ALL_SESSIONS = 14, ENCRYPT = 30 };
enum { DATA_LEN_RANGE = 0x21 };

static int sessions;

static number open_session(number slot, number flags, void *application, void *notify, number *session) {
    if (__atomic_add_fetch(&sessions, 1, __ATOMIC_SEQ_CST) > SESSIONS) {
        __atomic_sub_fetch(&sessions, 1, __ATOMIC_SEQ_CST);
        return FULL;
    }
    number answer = theirs->functions[OPEN_SESSION](slot, flags, application, notify, session);
    if (answer != 0)
        __atomic_sub_fetch(&sessions, 1, __ATOMIC_SEQ_CST);
    return answer;
}

static number close_session(number session) {
    number answer = theirs->functions[CLOSE_SESSION](session);
    if (answer == 0)
        __atomic_sub_fetch(&sessions, 1, __ATOMIC_SEQ_CST);
    return answer;
}

static number close_all_sessions(number slot) {
    number answer = theirs->functions[CLOSE_ALL_SESSIONS](slot);
    if (answer == 0)
        __atomic_store_n(&sessions, 0, __ATOMIC_SEQ_CST);
    return answer;
}

static number finalize(void *reserved) {
    number answer = theirs->functions[FINALIZE](reserved);
    if (answer == 0)
        __atomic_store_n(&sessions, 0, __ATOMIC_SEQ_CST);
    return answer;
}

static number encrypt(number session, unsigned char *given, number length, unsigned char *out, number *written) {
    if (length > DATA)
        return DATA_LEN_RANGE;
    return theirs->functions[ENCRYPT](session, given, length, out, written);
}

static void put(void) {
    ours.functions[FINALIZE] = (function)finalize;
    ours.functions[OPEN_SESSION] = (function)open_session;
    ours.functions[CLOSE_SESSION] = (function)close_session;
    ours.functions[CLOSE_ALL_SESSIONS] = (function)close_all_sessions;
    ours.functions[ENCRYPT] = (function)encrypt;
}
