/* The rows of messages and key management. */
#ifndef OBJECTS_KMS_H
#define OBJECTS_KMS_H

#include "check.h"

#define OBJECTS_KMS(ROW)

#endif
