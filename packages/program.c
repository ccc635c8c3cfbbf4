/* What packages are tried with: SM3 of "abc" (GB/T 32905, A.1) by the installed library, of the version that pkg-config named. */
#include <miyao.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
    static const uint8_t expected[32] = {
        0x66, 0xc7, 0xf0, 0xf4, 0x62, 0xee, 0xed, 0xd9, 0xd1, 0xf2, 0xd4, 0x6b, 0xdc, 0x10, 0xe4, 0xe2,
        0x41, 0x67, 0xc4, 0x87, 0x5c, 0xf2, 0xf7, 0xa2, 0x29, 0x7d, 0xa0, 0x2b, 0x8f, 0x4b, 0xa8, 0xe0,
    };
    uint8_t digest[32];
    if (argc != 2 || strcmp(miyao_version(), argv[1]) != 0) {
        fprintf(stderr, "the library is of version %s\n", miyao_version());
        return 1;
    }
    if (miyao_abi_version() != MIYAO_ABI_VERSION) {
        fprintf(stderr, "header %d, library %d\n", (int)MIYAO_ABI_VERSION, (int)miyao_abi_version());
        return 1;
    }
    if (miyao_self_test() != 0) {
        fprintf(stderr, "the self-test failed\n");
        return 1;
    }
    if (miyao_sm3_digest((const uint8_t *)"abc", 3, digest, sizeof digest) != 0 || memcmp(digest, expected, sizeof digest) != 0) {
        fprintf(stderr, "SM3 is wrong\n");
        return 1;
    }
    return 0;
}
