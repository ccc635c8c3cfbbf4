/* The row of devices: the token that MIYAO_DEVICE names in the environment, with the PIN 1234. Where there is none, nobody asks for the row. */
#ifndef OBJECTS_DEVICE_H
#define OBJECTS_DEVICE_H

#include "check.h"

/* Each process opens its own. */
#define OBJECTS_DEVICES(ROW) ROW(device)

static inline miyao_device *make_device(void) {
    static const uint8_t pin[] = {'1', '2', '3', '4'};
    const char *uri = getenv("MIYAO_DEVICE");
    miyao_device_settings *settings = NULL;
    miyao_device *made = NULL;
    CHECK(uri != NULL);
    OK(miyao_device_settings_new(&settings));
    OK(miyao_device_settings_set_pin(settings, pin, sizeof pin, NULL));
    OK(miyao_device_settings_set_suite(settings, "sm2-ec-raw", 10, NULL));
    OK(miyao_device_open(uri, strlen(uri), settings, &made, NULL));
    miyao_device_settings_free(settings);
    return made;
}

#endif
