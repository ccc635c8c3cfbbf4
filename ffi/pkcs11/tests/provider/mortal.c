/* A module before a copy of miyao's own, of a device that is dead as long as a file is there: every call answers that the device was
   removed. Two such copies are two libraries, so that one device dies and the other does not. Knows no call's arguments: it passes
   on as many words as the longest call has. */
#include "before.h"
#include <unistd.h>

enum { FINALIZE = 1, DEVICE_REMOVED = 0x32 };

#define CALL(at)                                                                                                       \
    static number call_##at(WORDS) {                                                                                   \
        return access(DEAD, F_OK) == 0 ? DEVICE_REMOVED : PASS_ON(at);                                                  \
    }

ALL(CALL)

static void put(void) {
    ALL(PUT)
    ours.functions[FINALIZE] = theirs->functions[FINALIZE];
}
