/* A row for every object of the interface, and so for those that come: the programs and the grid go through all of them.

   ROW(name) asks for three functions. `make_name` gives a new one, made of `secret_key` where it has a secret. `share_name` uses it as many
   threads may, with `secret_text` where it takes plaintext, and gives a sum of what came out that is the same every time. `use_name` does with
   it what only one may do at a time. */
#ifndef OBJECTS_H
#define OBJECTS_H

#include "objects_device.h"
#include "objects_sm2.h"
#include "objects_kms.h"
#include "objects_symmetric.h"

/* Those of which every byte is wiped. */
#define OBJECTS_WIPED(ROW) OBJECTS_SYMMETRIC(ROW)

/* Those that have public parts, of which nobody wipes what is no secret. */
#define OBJECTS_SHOWN(ROW) OBJECTS_SM2(ROW) OBJECTS_KMS(ROW)

/* Those that go with a process through its forks, before those that do not. */
#define OBJECTS_FORKED(ROW) OBJECTS_WIPED(ROW) OBJECTS_SHOWN(ROW)

#define OBJECTS(ROW) OBJECTS_FORKED(ROW) OBJECTS_STORES(ROW)

#endif
