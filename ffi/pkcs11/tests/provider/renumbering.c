/* A module before miyao's own in which the numbers of the first two keys that signed are each other's, while the file SWAPPED exists:
   as where a key was destroyed and another one has its number. Knows nothing else; every other call goes through. */
#include <dlfcn.h>
#include <unistd.h>

typedef unsigned long number;
typedef number (*function)();

/* CK_FUNCTION_LIST: two bytes of version, then functions in the standard's order. */
struct list {
    unsigned char version[2];
    function functions[68];
};

enum { GET_FUNCTION_LIST = 3, GET_ATTRIBUTE_VALUE = 24, FIND_OBJECTS = 27, SIGN_INIT = 42 };

static struct list ours;
static struct list *theirs;
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

number C_GetFunctionList(struct list **list) {
    if (theirs == 0) {
        void *library = dlopen(MODULE, RTLD_NOW | RTLD_LOCAL);
        number (*get)(struct list **) = library ? (number (*)(struct list **))dlsym(library, "C_GetFunctionList") : 0;
        if (get == 0 || get(&theirs) != 0)
            return 5;
        ours = *theirs;
        ours.functions[GET_FUNCTION_LIST] = (function)C_GetFunctionList;
        ours.functions[GET_ATTRIBUTE_VALUE] = (function)get_attribute_value;
        ours.functions[FIND_OBJECTS] = (function)find_objects;
        ours.functions[SIGN_INIT] = (function)sign_init;
    }
    *list = &ours;
    return 0;
}
