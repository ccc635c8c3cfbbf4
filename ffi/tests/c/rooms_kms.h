/* The outputs of messages and key management. */
#ifndef ROOMS_KMS_H
#define ROOMS_KMS_H

#include "check.h"

#define ROOMS_KMS(ROW)

#endif
