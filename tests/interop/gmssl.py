"""GmSSL, by gmssl-pyx; it has no key files."""

import gmssl_pyx as gm

import worker


def sign(d, user_id, message):
    return worker.raw_signature(gm.sm2_sign(d, worker.public(d)[1:], message, user_id))


def verify(point, user_id, message, signature):
    try:
        valid = gm.sm2_verify(point[1:], message, worker.der_signature(signature), user_id)
    except gm.GmsslInnerError:
        valid = False
    return bytes([valid])


def decrypt(d, hidden):
    return gm.sm2_decrypt(d, worker.der_ciphertext(hidden)) if hidden[0] == 4 else None


worker.serve(
    f"GmSSL {gm.version} by gmssl-pyx",
    {
        "sm2-sign": sign,
        "sm2-verify": verify,
        "sm2-encrypt": lambda point, message: worker.raw_ciphertext(gm.sm2_encrypt(point[1:], message)),
        "sm2-decrypt": decrypt,
    },
    gm.GmsslInnerError,
)
