"""SM3, SM4, GCM, CTR, HMAC, HKDF, PBKDF2 and SM2 in plain Python, for `reader.py`: slow, short, not constant-time.

SM3 is OpenSSL's when Python's hashlib has it, and the one below when not.
"""
import hashlib, struct

# --- SM3, GB/T 32905 ---------------------------------------------------------------------------------------------
M32 = 0xffffffff
def _rol(x, n): n %= 32; return (x << n | x >> (32 - n)) & M32 if n else x

def _compress(v, block):
    w = list(struct.unpack('>16I', block))
    for j in range(16, 68):
        x = w[j - 16] ^ w[j - 9] ^ _rol(w[j - 3], 15)
        w.append((x ^ _rol(x, 15) ^ _rol(x, 23)) ^ _rol(w[j - 13], 7) ^ w[j - 6])
    a, b, c, d, e, f, g, h = v
    for j in range(64):
        ss1 = _rol((_rol(a, 12) + e + _rol(0x79cc4519 if j < 16 else 0x7a879d8a, j)) & M32, 7)
        ss2 = ss1 ^ _rol(a, 12)
        ff = a ^ b ^ c if j < 16 else a & b | a & c | b & c
        gg = e ^ f ^ g if j < 16 else e & f | ~e & M32 & g
        tt1 = (ff + d + ss2 + (w[j] ^ w[j + 4])) & M32
        tt2 = (gg + h + ss1 + w[j]) & M32
        d, c, b, a = c, _rol(b, 9), a, tt1
        h, g, f, e = g, _rol(f, 19), e, tt2 ^ _rol(tt2, 9) ^ _rol(tt2, 17)
    return tuple(x ^ y for x, y in zip(v, (a, b, c, d, e, f, g, h)))

def own_sm3(data):
    v = (0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e)
    padded = data + b'\x80' + bytes((55 - len(data)) % 64) + struct.pack('>Q', 8 * len(data))
    for at in range(0, len(padded), 64): v = _compress(v, padded[at:at + 64])
    return struct.pack('>8I', *v)

try:
    hashlib.new('sm3')
    FAST = True
except ValueError:
    FAST = False

def sm3(data): return hashlib.new('sm3', data).digest() if FAST else own_sm3(data)

def hmac(key, data):
    key = (sm3(key) if len(key) > 64 else key).ljust(64, b'\0')
    return sm3(bytes(b ^ 0x5c for b in key) + sm3(bytes(b ^ 0x36 for b in key) + data))

def hkdf_expand(prk, info, length):
    out = block = b''
    for i in range(1, -(-length // 32) + 1):
        block = hmac(prk, block + info + bytes([i])); out += block
    return out[:length]

def pbkdf2(password, salt, iterations):
    """32 bytes."""
    if FAST: return hashlib.pbkdf2_hmac('sm3', password, salt, iterations, 32)
    block = hmac(password, salt + b'\0\0\0\1'); total = int.from_bytes(block, 'big')
    for _ in range(iterations - 1): block = hmac(password, block); total ^= int.from_bytes(block, 'big')
    return total.to_bytes(32, 'big')

# --- SM4, GB/T 32907 ---------------------------------------------------------------------------------------------
SBOX = bytes.fromhex(
    'd690e9fecce13db716b614c228fb2c052b679a762abe04c3aa441326498606999c4250f491ef987a33540b43edcfac62'
    'e4b31ca9c908e89580df94fa758f3fa64707a7fcf37317ba83593c19e6854fa8686b81b27164da8bf8eb0f4b70569d35'
    '1e240e5e6358d1a225227c3b01217887d40046579fd327524c3602e7a0c4c89eeabf8ad240c738b5a3f7f2cef96115a1'
    'e0ae5da49b341a55ad933230f58cb1e31df6e22e8266ca60c02923ab0d534e6fd5db3745defd8e2f03ff6a726d6c5b51'
    '8d1baf92bbddbc7f11d95c411f105ad80ac13188a5cd7bbd2d74d012b8e5b4b08969974a0c96777e65b9f109c56ec684'
    '18f07dec3adc4d2079ee5f3ed7cb3948')

def _tau(x): return SBOX[x >> 24] << 24 | SBOX[x >> 16 & 255] << 16 | SBOX[x >> 8 & 255] << 8 | SBOX[x & 255]
def _linear(x): return x ^ _rol(x, 2) ^ _rol(x, 10) ^ _rol(x, 18) ^ _rol(x, 24)
TABLES = [[_linear(s << shift) for s in SBOX] for shift in (24, 16, 8, 0)]

def sm4_key(key):
    k = [x ^ fk for x, fk in zip(struct.unpack('>4I', key), (0xa3b1bac6, 0x56aa3350, 0x677d9197, 0xb27022dc))]
    for i in range(32):
        ck = int.from_bytes(bytes((4 * i + j) * 7 % 256 for j in range(4)), 'big')
        t = _tau(k[i + 1] ^ k[i + 2] ^ k[i + 3] ^ ck)
        k.append(k[i] ^ t ^ _rol(t, 13) ^ _rol(t, 23))
    return k[4:]

def sm4_block(round_keys, block):
    a, b, c, d = struct.unpack('>4I', block)
    t0, t1, t2, t3 = TABLES
    for rk in round_keys:
        x = b ^ c ^ d ^ rk
        a, b, c, d = b, c, d, a ^ t0[x >> 24] ^ t1[x >> 16 & 255] ^ t2[x >> 8 & 255] ^ t3[x & 255]
    return struct.pack('>4I', d, c, b, a)

def _xor(data, stream): return (int.from_bytes(data, 'big') ^ int.from_bytes(stream[:len(data)], 'big')).to_bytes(len(data), 'big')

def sm4_ctr(key, counter, data):
    """The whole block counts."""
    rk, first = sm4_key(key), int.from_bytes(counter, 'big')
    return _xor(data, b''.join(sm4_block(rk, ((first + i) % (1 << 128)).to_bytes(16, 'big')) for i in range(-(-len(data) // 16))))

class Gcm:
    """SM4-GCM with 12-byte nonces, 16-byte tags and no associated data (SP 800-38D)."""
    def __init__(self, key):
        self.rk = sm4_key(key)
        h = int.from_bytes(sm4_block(self.rk, bytes(16)), 'big')
        powers = [h]
        for _ in range(127): h = h >> 1 ^ (0xe1 << 120 if h & 1 else 0); powers.append(h)
        # One table a byte: what each of its 256 values contributes to the product with H.
        self.tables = []
        for byte in range(16):
            table = [0] * 256
            for bit in range(8):
                for value in range(1 << bit): table[1 << bit | value] = table[value] ^ powers[8 * byte + 7 - bit]
            self.tables.append(table)
    def open(self, nonce, data, tag):
        y = 0
        for at in range(0, len(data), 16): y = self._times_h(y ^ int.from_bytes(data[at:at + 16].ljust(16, b'\0'), 'big'))
        y = self._times_h(y ^ 8 * len(data))
        if tag != _xor(y.to_bytes(16, 'big'), sm4_block(self.rk, nonce + b'\0\0\0\1')): return None
        blocks = range(2, 2 + -(-len(data) // 16))
        return _xor(data, b''.join(sm4_block(self.rk, nonce + i.to_bytes(4, 'big')) for i in blocks))
    def _times_h(self, y):
        out = 0
        for table, byte in zip(self.tables, y.to_bytes(16, 'big')): out ^= table[byte]
        return out

# --- SM2, GB/T 32918 ---------------------------------------------------------------------------------------------
P = 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff
N = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123
A, B = P - 3, 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93
G = (0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7,
     0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0)

def add(p, q):
    if p is None or q is None: return p or q
    if p[0] == q[0]:
        if (p[1] + q[1]) % P == 0: return None
        slope = (3 * p[0] * p[0] + A) * pow(2 * p[1], -1, P) % P
    else: slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, P) % P
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P

def multiply(k, p):
    out = None
    while k:
        if k & 1: out = add(out, p)
        p, k = add(p, p), k >> 1
    return out

def on_curve(p): return p is not None and max(p) < P and (p[1] ** 2 - p[0] ** 3 - A * p[0] - B) % P == 0
def be(x): return x.to_bytes(32, 'big')

def der_items(data, tag=0x30):
    """The elements inside one constructed element, strictly: [(tag, content), …]; None when it is not DER."""
    def element(data):
        if len(data) < 2: return None
        length, at = data[1], 2
        if length >= 0x80:
            digits = data[2:2 + length - 0x80]; at += len(digits); length = int.from_bytes(digits, 'big')
            if not digits or digits[0] == 0 or length < 0x80 or len(digits) != data[1] - 0x80: return None
        return (data[0], data[at:at + length], data[at + length:]) if len(data) >= at + length else None
    outer = element(data)
    if not outer or outer[0] != tag or outer[2]: return None
    rest, items = outer[1], []
    while rest:
        item = element(rest)
        if not item: return None
        items.append(item[:2]); rest = item[2]
    return items

def sm2_decrypt(d, ciphertext):
    """The DER form: SEQUENCE { x INTEGER, y INTEGER, C3 OCTET STRING, C2 OCTET STRING }."""
    items = der_items(ciphertext)
    if not items or [tag for tag, _ in items] != [2, 2, 4, 4]: return None
    (_, x), (_, y), (_, c3), (_, c2) = items
    c1 = int.from_bytes(x, 'big'), int.from_bytes(y, 'big')
    if not on_curve(c1) or not c2: return None
    x2, y2 = map(be, multiply(d, c1))
    stream = b''.join(sm3(x2 + y2 + i.to_bytes(4, 'big')) for i in range(1, -(-len(c2) // 32) + 1))
    text = _xor(c2, stream)
    return text if sm3(x2 + text + y2) == c3 else None

def sm2_verify(q, user_id, message, signature):
    """`r ‖ s` of 32 bytes each."""
    r, s = int.from_bytes(signature[:32], 'big'), int.from_bytes(signature[32:], 'big')
    za = sm3((8 * len(user_id)).to_bytes(2, 'big') + user_id + b''.join(map(be, (A, B, *G, *q))))
    e, t = int.from_bytes(sm3(za + message), 'big'), (r + s) % N
    if not (0 < r < N and 0 < s < N and t): return False
    point = add(multiply(s, G), multiply(t, q))
    return point is not None and (e + point[0]) % N == r

def spki(q):
    """SubjectPublicKeyInfo: id-ecPublicKey 1.2.840.10045.2.1, curve 1.2.156.10197.1.301, the point uncompressed."""
    return bytes.fromhex('3059301306072a8648ce3d020106082a811ccf5501822d034200') + b'\4' + be(q[0]) + be(q[1])

assert own_sm3(b'abc').hex() == '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0'
assert sm4_block(sm4_key(bytes.fromhex('0123456789abcdeffedcba9876543210')), bytes.fromhex('0123456789abcdeffedcba9876543210')).hex() == '681edf34d206965e86b3e94f536e4246'
assert on_curve(G) and multiply(N, G) is None
