/* The calls by which a token opens what SM2 hides, with the least that they need: what the bench of tokens is measured against.
   The module is initialised and the token logged in to by this process, before. */
#include <dlfcn.h>
#include <string.h>

typedef unsigned long number;
typedef unsigned char byte;

struct attribute {
    number type;
    void *value;
    number length;
};

struct mechanism {
    number code;
    void *parameter;
    number length;
};

/* CK_ECDH1_DERIVE_PARAMS */
struct agreement {
    number kdf;
    number shared_length;
    byte *shared;
    number public_length;
    byte *public;
};

/* CK_FUNCTION_LIST: two bytes of version, then functions in the standard's order. */
struct list {
    byte version[2];
    number (*functions[68])();
};

enum {
    GET_SLOT_LIST = 4,
    OPEN_SESSION = 12,
    DESTROY_OBJECT = 22,
    GET_ATTRIBUTE_VALUE = 24,
    FIND_OBJECTS_INIT = 26,
    FIND_OBJECTS = 27,
    FIND_OBJECTS_FINAL = 28,
    DERIVE_KEY = 62,
};

/* CKO_, CKK_ and CKM_ */
enum { PRIVATE_KEY = 3, SECRET_KEY = 4, GENERIC_SECRET = 0x10, ECDH1_DERIVE = 0x1050 };
/* CKA_ */
enum { CLASS = 0, TOKEN = 1, VALUE = 0x11, KEY_TYPE = 0x100, ID = 0x102, SENSITIVE = 0x103, VALUE_LEN = 0x161, EXTRACTABLE = 0x162 };

static struct list *module;
static number session, private;
static byte point[65];

/* Finds the private key of this name; `peer` is a point. 0 is well, 1 is no such key, the rest is a number of PKCS#11. */
number bare_open(const char *path, byte *id, number id_length, const byte *peer) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    number (*get)() = library ? (number(*)())dlsym(library, "C_GetFunctionList") : 0;
    number slots[8], count = 8, found = 0, class = PRIVATE_KEY, rv;
    struct attribute template[] = {{CLASS, &class, sizeof class}, {ID, id, id_length}};
    if (get == 0)
        return 1;
    memcpy(point, peer, sizeof point);
    if ((rv = get(&module)) != 0
        || (rv = module->functions[GET_SLOT_LIST](1, slots, &count)) != 0
        || (rv = module->functions[OPEN_SESSION](slots[0], (number)6, (void *)0, (void *)0, &session)) != 0
        || (rv = module->functions[FIND_OBJECTS_INIT](session, template, (number)2)) != 0
        || (rv = module->functions[FIND_OBJECTS](session, &private, (number)1, &found)) != 0
        || (rv = module->functions[FIND_OBJECTS_FINAL](session)) != 0)
        return rv;
    return found == 0;
}

/* One unwrap, of which `x` is all. */
number bare_unwrap(byte x[32]) {
    struct agreement agreement = {1, 0, 0, sizeof point, point};
    struct mechanism mechanism = {ECDH1_DERIVE, &agreement, sizeof agreement};
    number class = SECRET_KEY, type = GENERIC_SECRET, length = 32, derived, rv;
    byte no = 0, yes = 1;
    struct attribute template[] = {
        {CLASS, &class, sizeof class}, {KEY_TYPE, &type, sizeof type}, {TOKEN, &no, 1},
        {SENSITIVE, &no, 1},           {EXTRACTABLE, &yes, 1},         {VALUE_LEN, &length, sizeof length},
    };
    struct attribute value = {VALUE, x, 32};
    if ((rv = module->functions[DERIVE_KEY](session, &mechanism, private, template, (number)6, &derived)) != 0)
        return rv;
    if ((rv = module->functions[GET_ATTRIBUTE_VALUE](session, derived, &value, (number)1)) != 0)
        return rv;
    return module->functions[DESTROY_OBJECT](session, derived);
}
