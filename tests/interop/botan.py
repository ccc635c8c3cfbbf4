"""Botan, by the module of Debian's python3-botan."""

import botan2

import worker

CURVE = "sm2p256v1"
# Its `PKSign.update` takes text only, and what is signed here is any bytes.
botan2._ctype_str = lambda text: text if isinstance(text, (bytes, type(None))) else text.encode()
RNG = botan2.RandomNumberGenerator("system")


def private(d):
    return botan2.PrivateKey.load_sm2(CURVE, int.from_bytes(d, "big"))


def public(point):
    return botan2.PublicKey.load_sm2(CURVE, int.from_bytes(point[1:33], "big"), int.from_bytes(point[33:], "big"))


def fields(key):
    return b"\4" + b"".join(key.get_field(name).to_bytes(32, "big") for name in ("public_x", "public_y"))


def scalar(key):
    return key.get_field("x").to_bytes(32, "big")


def padding(user_id):
    return user_id.decode("ascii") + ",SM3"


# A key has to outlive what is done with it, which does not hold it.


def sign(d, user_id, message):
    key = private(d)
    signing = botan2.PKSign(key, padding(user_id))
    signing.update(message)
    return signing.finish(RNG)


def verify(point, user_id, message, signature):
    key = public(point)
    verifying = botan2.PKVerify(key, padding(user_id))
    verifying.update(message)
    return bytes([verifying.check_signature(signature)])


def encrypt(point, message):
    key = public(point)
    return worker.raw_ciphertext(botan2.PKEncrypt(key, "SM3").encrypt(message, RNG))


def decrypt(d, hidden):
    if hidden[0] != 4:
        return None
    key = private(d)
    return botan2.PKDecrypt(key, "SM3").decrypt(worker.der_ciphertext(hidden))


def seal(d, passphrase):
    key = private(d)
    # It derives with HMAC-SM3 neither way.
    return key.export_encrypted(passphrase, RNG, False, 1, "SM4/CBC", "SHA-256")


worker.serve(
    botan2.version_string(),
    {
        "sm2-public": lambda d: fields(private(d).get_public_key()),
        "sm2-sign": sign,
        "sm2-verify": verify,
        "sm2-encrypt": encrypt,
        "sm2-decrypt": decrypt,
        "sm2-pkcs8": lambda d: private(d).to_der(),
        "sm2-read-pkcs8": lambda der: scalar(botan2.PrivateKey.load(der, None)),
        "sm2-seal": seal,
        "sm2-spki": lambda point: public(point).to_der(),
        "sm2-read-spki": lambda der: fields(botan2.PublicKey.load(der)),
    },
    botan2.BotanException,
)
