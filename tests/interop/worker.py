"""Answers questions, a line for a line: `ask QUESTION HEX…` with the bytes of the answer, or `refused`, or `none`.

Knows no library; benches/peers/c/worker.c is the same for C. What the workers of Python share stands here as well.
"""

import sys

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)


def added(p, q):
    """The sum of two points, None where one is the identity."""
    if p is None or q is None:
        return q if p is None else p
    if p[0] == q[0]:
        if (p[1] + q[1]) % P == 0:
            return None
        slope = (3 * p[0] * p[0] + A) * pow(2 * p[1], -1, P)
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, P)
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def public(d):
    """`04 ‖ x ‖ y` of a private key."""
    total, power = None, G
    for bit in reversed(f"{int.from_bytes(d, 'big'):b}"):
        total = added(total, power) if bit == "1" else total
        power = added(power, power)
    return b"\4" + total[0].to_bytes(32, "big") + total[1].to_bytes(32, "big")


def element(tag, content):
    """DER of fewer than 2^16 bytes."""
    size = len(content)
    length = bytes([size]) if size < 128 else (size.to_bytes(1 + (size > 255), "big"))
    if size >= 128:
        length = bytes([0x80 + len(length)]) + length
    return bytes([tag]) + length + content


def integer(number):
    digits = number.lstrip(b"\0") or b"\0"
    return element(2, (b"\0" if digits[0] > 127 else b"") + digits)


def contents(der):
    """The contents of the elements in the one SEQUENCE that this is."""
    found = []
    _, body, _ = split(der)
    while body:
        _, content, body = split(body)
        found.append(content)
    return found


def split(der):
    size, at = der[1], 2
    if size > 127:
        at = 2 + size - 128
        size = int.from_bytes(der[2:at], "big")
    return der[0], der[at : at + size], der[at + size :]


def raw_signature(der):
    return b"".join(number.lstrip(b"\0").rjust(32, b"\0") for number in contents(der))


def der_signature(raw):
    return element(0x30, integer(raw[:32]) + integer(raw[32:]))


def raw_ciphertext(der):
    """`04 ‖ x ‖ y ‖ C3 ‖ C2`"""
    x, y, c3, c2 = contents(der)
    return b"\4" + b"".join(number.lstrip(b"\0").rjust(32, b"\0") for number in (x, y)) + c3 + c2


def der_ciphertext(raw):
    return element(0x30, integer(raw[1:33]) + integer(raw[33:65]) + element(4, raw[65:97]) + element(4, raw[97:]))


def serve(hello, questions, refusals):
    """Answers until nobody asks any more. `refusals` are the exceptions by which a library refuses."""
    print(hello, flush=True)
    for line in sys.stdin:
        verb, name, *fields = line.split()
        if verb != "ask" or name not in questions:
            print("none", flush=True)
            continue
        try:
            answer = questions[name](*(bytes.fromhex(field.lstrip("-")) for field in fields))
        except refusals:
            answer = None
        print("refused" if answer is None else answer.hex(), flush=True)
