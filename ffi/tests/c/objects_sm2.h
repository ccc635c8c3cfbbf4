/* The rows of SM2 and certificates. */
#ifndef OBJECTS_SM2_H
#define OBJECTS_SM2_H

#include "check.h"

#define OBJECTS_SM2(ROW)

#endif
