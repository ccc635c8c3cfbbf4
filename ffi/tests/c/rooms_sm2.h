/* The outputs of SM2 and certificates. */
#ifndef ROOMS_SM2_H
#define ROOMS_SM2_H

#include "check.h"

#define ROOMS_SM2(ROW)

#endif
