/* A module before miyao's own in which the numbers of the first two keys that signed are each other's, while the file SWAPPED exists:
   as where a key was destroyed and another one has its number. Knows nothing else; every other call goes through. */
#include "before.h"
#include <unistd.h>

enum { GET_ATTRIBUTE_VALUE = 24, FIND_OBJECTS = 27, SIGN_INIT = 42 };

static number signers[2];

static number now(number object) {
    if (access(SWAPPED, F_OK) != 0)
        return object;
    return object == signers[0] ? signers[1] : object == signers[1] ? signers[0] : object;
}

static number sign_init(number session, void *mechanism, number key) {
    if (signers[0] == 0)
        signers[0] = key;
    else if (signers[1] == 0 && key != signers[0])
        signers[1] = key;
    return theirs->functions[SIGN_INIT](session, mechanism, now(key));
}

static number get_attribute_value(number session, number object, void *attributes, number count) {
    return theirs->functions[GET_ATTRIBUTE_VALUE](session, now(object), attributes, count);
}

static number find_objects(number session, number *objects, number most, number *count) {
    number answer = theirs->functions[FIND_OBJECTS](session, objects, most, count);
    for (number at = 0; answer == 0 && at < *count; at++)
        objects[at] = now(objects[at]);
    return answer;
}

static void put(void) {
    ours.functions[GET_ATTRIBUTE_VALUE] = (function)get_attribute_value;
    ours.functions[FIND_OBJECTS] = (function)find_objects;
    ours.functions[SIGN_INIT] = (function)sign_init;
}
