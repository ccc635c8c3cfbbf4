#!/usr/bin/env python3
"""Writes the vector files beside it from oracles that share no code with miyao; run once, the output is committed.

    pip install cryptography==50.0.2 && generate.py

SM3, HMAC and PBKDF2 are hashlib's (OpenSSL 3.0), SM4 and its modes are OpenSSL 4.0's (through `cryptography`), SM2
signatures, ciphertexts and key files are made by the `openssl` 3.0 command line. CCM, XTS, CMAC, HKDF and KDF are written
here from their standards over those primitives. Inputs are drawn from SHAKE-128, so a run repeats
(but for what `openssl` draws).
"""
import hashlib, hmac, json, os, subprocess, sys, tempfile
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
try:
    from cryptography.hazmat.decrepit.ciphers.modes import CFB, OFB
except ImportError:
    CFB, OFB = modes.CFB, modes.OFB

HERE = os.path.dirname(os.path.abspath(__file__))
OPENSSL = subprocess.run(['openssl', 'version'], capture_output=True, text=True, check=True).stdout.strip()

def draw(label, n): return hashlib.shake_128(b'miyao vectors ' + label.encode()).digest(n)
def sm3(data): return hashlib.new('sm3', data).digest()
def mac(key, data): return hmac.new(key, data, 'sm3').digest()
def write(name, source, tests):
    with open(os.path.join(HERE, name + '.json'), 'w') as out:
        rows = ',\n'.join('  ' + json.dumps(t) for t in tests)
        out.write('{\n "source": %s,\n "tests": [\n%s\n ]\n}\n' % (json.dumps(source), rows))

def hashes():
    lengths = [*range(0, 130), 191, 192, 193, 255, 256, 257, 1000, 4095]
    write('sm3', 'hashlib sm3, ' + OPENSSL, [{'m': (m := draw(f'sm3 {n}', n)).hex(), 'md': sm3(m).hex()} for n in lengths])
    rows = [(k, n) for k in (0, 1, 16, 31, 32, 33, 63, 64, 65, 100, 131) for n in (0, 1, 55, 64, 200)]
    write('hmac_sm3', 'hmac over hashlib sm3, ' + OPENSSL, [
        {'k': (k := draw(f'hmac key {a}', a)).hex(), 'm': (m := draw(f'hmac {a} {n}', n)).hex(), 'mac': mac(k, m).hex()} for a, n in rows])
    def hkdf(salt, ikm, info, n):
        prk, out, block = mac(salt or bytes(32), ikm), b'', b''
        for i in range(1, -(-n // 32) + 1): block = mac(prk, block + info + bytes([i])); out += block
        return prk, out[:n]
    rows = [(s, k, i, n) for s in (0, 1, 32, 64, 80) for k, i in ((1, 0), (22, 10), (80, 80)) for n in (1, 32, 42, 65)] + [(13, 22, 10, 8160)]
    tests = []
    for s, k, i, n in rows:
        salt, ikm, info = draw(f'salt {s}', s), draw(f'ikm {k}', k), draw(f'info {i}', i)
        prk, okm = hkdf(salt, ikm, info, n)
        tests.append({'salt': salt.hex(), 'ikm': ikm.hex(), 'info': info.hex(), 'prk': prk.hex(), 'okm': okm.hex()})
    write('hkdf_sm3', 'RFC 5869 written out over hmac and hashlib sm3, ' + OPENSSL, tests)
    rows = [(p, s, c, n) for p in (0, 8, 64, 65, 100) for s in (0, 8, 16, 61) for c, n in ((1, 32), (2, 16), (1000, 33), (3, 65))] + [(9, 16, 600000, 32)]
    write('pbkdf2_hmac_sm3', 'hashlib.pbkdf2_hmac (RFC 8018, GM/T 0091), ' + OPENSSL, [
        {'p': (pw := draw(f'password {p}', p)).hex(), 's': (salt := draw(f'pbkdf2 salt {s}', s)).hex(), 'c': c, 'dk': hashlib.pbkdf2_hmac('sm3', pw, salt, c, n).hex()} for p, s, c, n in rows])
    kdf = lambda z, n: b''.join(sm3(z + i.to_bytes(4, 'big')) for i in range(1, -(-n // 32) + 1))[:n]
    write('kdf', 'GB/T 32918.4 5.4.3 written out over hashlib sm3, ' + OPENSSL, [
        {'z': (z := draw(f'z {a}', a)).hex(), 'k': kdf(z, n).hex()} for a in (0, 1, 64, 65, 128) for n in (1, 31, 32, 33, 64, 100, 8193)])

def run(key, mode, data, decrypt=False):
    c = Cipher(algorithms.SM4(key), mode)
    c = c.decryptor() if decrypt else c.encryptor()
    return c.update(data) + c.finalize()
def block(key, data): return run(key, modes.ECB(), data)
def unblock(key, data): return run(key, modes.ECB(), data, True)
def xor(a, b): return bytes(x ^ y for x, y in zip(a, b))
def cfb8(key, iv, data):
    out = b''
    for byte in data: c = byte ^ block(key, iv)[0]; iv = iv[1:] + bytes([c]); out += bytes([c])
    return out
def cmac(key, m):
    def dbl(b): v = int.from_bytes(b, 'big') << 1; return ((v ^ (0x87 if v >> 128 else 0)) & (1 << 128) - 1).to_bytes(16, 'big')
    k1 = dbl(block(key, bytes(16)))
    parts = [m[i:i + 16] for i in range(0, len(m), 16)] or [b'']
    last = parts.pop()
    last = xor(last, k1) if len(last) == 16 else xor((last + b'\x80').ljust(16, b'\0'), dbl(k1))
    x = bytes(16)
    for p in parts + [last]: x = block(key, xor(x, p))
    return x
def ccm(key, nonce, aad, m, tl):
    q = 15 - len(nonce)
    b0 = bytes([(64 if aad else 0) + (tl - 2) // 2 * 8 + q - 1]) + nonce + len(m).to_bytes(q, 'big')
    n = len(aad)
    a = b'' if not n else (n.to_bytes(2, 'big') if n < 0xff00 else b'\xff\xfe' + n.to_bytes(4, 'big')) + aad
    pad = lambda d: d + bytes(-len(d) % 16)
    data = b0 + pad(a) + pad(m)
    x = run(key, modes.CBC(bytes(16)), data)[-16:]
    first = bytes([q - 1]) + nonce + bytes(q)
    stream = run(key, modes.CTR(first), bytes(16) + m)
    return stream[16:], xor(x, stream[:16])[:tl]
def xts(key, tweak, m, gb):
    k1, k2 = key[:16], key[16:]
    def dbl(t):
        if gb: v = int.from_bytes(t, 'big'); return ((v >> 1) ^ ((v & 1) * (0xe1 << 120))).to_bytes(16, 'big')
        v = int.from_bytes(t, 'little') << 1; return ((v ^ (0x87 if v >> 128 else 0)) & (1 << 128) - 1).to_bytes(16, 'little')
    e = lambda t, b: xor(block(k1, xor(b, t)), t)
    t, out, n = block(k2, tweak), [], len(m) // 16
    for i in range(n): out.append(e(t, m[16 * i:16 * i + 16])); t = dbl(t)
    tail = m[16 * n:]
    if tail: last = out.pop(); out += [e(t, tail + last[len(tail):]), last[:len(tail)]]
    return b''.join(out)

def sm4():
    key0 = bytes.fromhex('0123456789abcdeffedcba9876543210')
    assert xts(bytes.fromhex('2b7e151628aed2a6abf7158809cf4f3c000102030405060708090a0b0c0d0e0f'), bytes(range(0xf0, 0x100)), bytes.fromhex('6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17'), True).hex().startswith('e9538251c71d7b80bbe4483fef497bd12c5c581bd6242fc5')
    assert ccm(key0, bytes.fromhex('00001234567800000000abcd'), bytes.fromhex('feedfacedeadbeeffeedfacedeadbeefabaddad2'), b''.join(bytes([b]) * 8 for b in bytes.fromhex('aabbccddeeffeeaa')), 16)[1].hex() == '16842d4fa186f56ab33256971fa110f4'
    tests = []
    add = lambda mode, k, iv, m, c: tests.append({'mode': mode, 'k': k.hex(), 'iv': iv.hex(), 'm': m.hex(), 'c': c.hex()})
    for n in (0, 16, 32, 48, 240, 256, 272, 528):
        k, iv, m = draw(f'key {n}', 16), draw(f'iv {n}', 16), draw(f'text {n}', n)
        add('ecb', k, b'', m, run(k, modes.ECB(), m)); add('cbc', k, iv, m, run(k, modes.CBC(iv), m))
    for n in (0, 1, 15, 16, 17, 31, 33, 100, 255, 256, 257, 515):
        k, iv, m = draw(f'key {n}', 16), draw(f'iv {n}', 16), draw(f'text {n}', n)
        pad = m + bytes([16 - n % 16]) * (16 - n % 16)
        add('ecb7', k, b'', m, run(k, modes.ECB(), pad)); add('cbc7', k, iv, m, run(k, modes.CBC(iv), pad))
        add('cfb', k, iv, m, run(k, CFB(iv), m)); add('ofb', k, iv, m, run(k, OFB(iv), m)); add('cfb8', k, iv, m, cfb8(k, iv, m))
        for v in (iv, b'\xff' * 16, b'\0' * 12 + b'\xff' * 4, b'\xff' * 15 + b'\xfe'): add('ctr', k, v, m, run(k, modes.CTR(v), m))
    for n in (16, 17, 31, 32, 33, 47, 48, 64, 100, 512, 513):
        k, iv, m = draw(f'xts key {n}', 32), draw(f'iv {n}', 16), draw(f'text {n}', n)
        add('xts', k, iv, m, xts(k, iv, m, False)); add('xtsgb', k, iv, m, xts(k, iv, m, True))
    write('sm4_modes', 'ecb cbc cfb ofb ctr: OpenSSL 4.0.3 by cryptography 50.0.2; cfb8 (GB/T 17964), xts (IEEE 1619), xtsgb (GB/T 17964-2021): written out over its SM4-ECB', tests)
    write('sm4_cmac', 'SP 800-38B written out over SM4-ECB of OpenSSL 4.0.3', [
        {'k': (k := draw(f'cmac key {n}', 16)).hex(), 'm': (m := draw(f'cmac {n}', n)).hex(), 'mac': cmac(k, m).hex()} for n in (*range(0, 50), 64, 65, 255, 256)])
    tests = []
    for ivn in (1, 7, 8, 11, 12, 13, 15, 16, 17, 32, 60, 128):
        for an, n in ((0, 0), (0, 16), (20, 0), (1, 1), (16, 31), (17, 64), (300, 257), (33, 1000)):
            k, iv, aad, m = draw(f'gcm key {ivn}', 16), draw(f'gcm iv {ivn}', ivn), draw(f'aad {an}', an), draw(f'text {n}', n)
            if ivn < 8:  # cryptography takes nonces of 8 bytes and more; GHASH is linear enough to write out
                c, tag = gcm_model(k, iv, aad, m)
            else:
                e = Cipher(algorithms.SM4(k), modes.GCM(iv)).encryptor(); e.authenticate_additional_data(aad)
                c = e.update(m) + e.finalize(); tag = e.tag
                assert (c, tag) == gcm_model(k, iv, aad, m)
            tests.append({'k': k.hex(), 'iv': iv.hex(), 'aad': aad.hex(), 'm': m.hex(), 'c': c.hex(), 'tag': tag.hex()})
    # The 32-bit counter wraps after the first block: J0 is chosen by a nonce found by search over GHASH being a bijection.
    k = draw('gcm wrap', 16); h = int.from_bytes(block(k, bytes(16)), 'big')
    j0 = draw('gcm j0', 12) + b'\xff\xff\xff\xfe'
    length = (128).to_bytes(16, 'big')
    # GHASH of one block x: (x H ^ L) H = J0, so x = (J0 / H ^ L) / H.
    inv = gf_inverse(h); x = gf(gf(int.from_bytes(j0, 'big'), inv) ^ int.from_bytes(length, 'big'), inv).to_bytes(16, 'big')
    m = draw('gcm wrap text', 100)
    e = Cipher(algorithms.SM4(k), modes.GCM(x)).encryptor(); c = e.update(m) + e.finalize()
    assert c == gcm_model(k, x, b'', m)[0]
    tests.append({'k': k.hex(), 'iv': x.hex(), 'aad': '', 'm': m.hex(), 'c': c.hex(), 'tag': e.tag.hex(), 'note': 'the counter wraps'})
    write('sm4_gcm', 'OpenSSL 4.0.3 by cryptography 50.0.2, equal to SP 800-38D written out; nonces below 8 bytes by the latter alone', tests)
    tests = []
    for nn in range(7, 14):
        for tl in (4, 6, 8, 10, 12, 14, 16):
            for an, n in ((0, 0), (13, 0), (0, 17), (14, 16), (30, 33)):
                k, iv, aad, m = draw(f'ccm key {nn}', 16), draw(f'ccm iv {nn}', nn), draw(f'aad {an}', an), draw(f'text {n}', n)
                c, tag = ccm(k, iv, aad, m, tl)
                tests.append({'k': k.hex(), 'iv': iv.hex(), 'aad': aad.hex(), 'm': m.hex(), 'c': c.hex(), 'tag': tag.hex()})
    write('sm4_ccm', 'RFC 3610 written out over SM4-CBC and SM4-CTR of OpenSSL 4.0.3', tests)

def gf(a, b):
    z = 0
    for i in range(127, -1, -1):
        if b >> i & 1: z ^= a
        a = (a >> 1) ^ (0xe1 << 120 if a & 1 else 0)
    return z
def gf_inverse(a):
    out, n = 1 << 127, (1 << 128) - 2
    while n:
        if n & 1: out = gf(out, a)
        a, n = gf(a, a), n >> 1
    return out
def gcm_model(k, iv, aad, m):
    h = int.from_bytes(block(k, bytes(16)), 'big')
    def ghash(a, c):
        y = 0
        for part in (a, c, (len(a) * 8).to_bytes(8, 'big') + (len(c) * 8).to_bytes(8, 'big')):
            for i in range(0, len(part), 16): y = gf(y ^ int.from_bytes(part[i:i + 16].ljust(16, b'\0'), 'big'), h)
        return y.to_bytes(16, 'big')
    j0 = iv + b'\0\0\0\1' if len(iv) == 12 else ghash(b'', iv)
    ctr, out = int.from_bytes(j0[12:], 'big'), b''
    for i in range(0, len(m), 16):
        ctr = (ctr + 1) % (1 << 32); out += xor(m[i:i + 16], block(k, j0[:12] + ctr.to_bytes(4, 'big')))
    return out, xor(ghash(aad, out), block(k, j0))

def sm2():
    def openssl(*words, data=None): return subprocess.run(['openssl', *words], input=data, capture_output=True, check=True).stdout
    keys, signatures, ciphertexts = [], [], []
    with tempfile.TemporaryDirectory() as tmp:
        at = lambda name: os.path.join(tmp, name)
        for i in range(4):
            pem = openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:SM2')
            open(at('k'), 'wb').write(pem)
            text = openssl('pkey', '-in', at('k'), '-noout', '-text').decode()
            field = lambda a, b: bytes.fromhex(''.join(text.split(a)[1].split(b)[0].split()).replace(':', ''))
            d, q = field('priv:', 'pub:').rjust(32, b'\0')[-32:], field('pub:', 'ASN1')
            public = openssl('pkey', '-in', at('k'), '-pubout'); open(at('p'), 'wb').write(public)
            keys.append({'d': d.hex(), 'q': q.hex(), 'pkcs8': pem.decode(), 'spki': public.decode(),
                'pkcs8_der': openssl('pkcs8', '-topk8', '-nocrypt', '-in', at('k'), '-outform', 'DER').hex(),
                'sec1': openssl('ec', '-in', at('k')).decode(), 'sec1_no_public': openssl('ec', '-in', at('k'), '-no_public').decode(),
                'spki_compressed': openssl('ec', '-in', at('k'), '-pubout', '-conv_form', 'compressed').decode(),
                'explicit': openssl('ec', '-in', at('k'), '-param_enc', 'explicit').decode(),
                'explicit_spki': openssl('ec', '-in', at('k'), '-pubout', '-param_enc', 'explicit').decode(),
                'encrypted': openssl('pkcs8', '-topk8', '-in', at('k'), '-passout', 'pass:x').decode()})
            for n, uid in ((0, b'1234567812345678'), (14, b'ALICE123@YAHOO.COM'), (100, b'x'), (1000, b'u' * 300)):
                m = draw(f'sm2 {i} {n}', n); open(at('m'), 'wb').write(m)
                s = openssl('pkeyutl', '-sign', '-inkey', at('k'), '-rawin', '-digest', 'sm3', '-in', at('m'), '-pkeyopt', 'distid:' + uid.decode())
                signatures.append({'q': q.hex(), 'id': uid.hex(), 'm': m.hex(), 'sig': s.hex()})
            for n in (1, 16, 31, 32, 33, 64, 300):
                m = draw(f'sm2 text {i} {n}', n); open(at('m'), 'wb').write(m)
                c = openssl('pkeyutl', '-encrypt', '-pubin', '-inkey', at('p'), '-in', at('m'))
                ciphertexts.append({'d': d.hex(), 'm': m.hex(), 'der': c.hex()})
    write('sm2_keys', 'openssl genpkey, pkcs8, ec, pkey: ' + OPENSSL, keys)
    write('sm2_signatures', 'openssl pkeyutl -sign -rawin -digest sm3: ' + OPENSSL, signatures)
    write('sm2_ciphertexts', 'openssl pkeyutl -encrypt: ' + OPENSSL, ciphertexts)

class HashDrbg:
    """SP 800-90A 10.1.1 with SM3, as GM/T 0105-2021 has it: seedlen 440, no prediction resistance, no additional input."""
    LEN = 55
    def df(self, data): return b''.join(sm3(bytes([i]) + (440).to_bytes(4, 'big') + data) for i in (1, 2))[:self.LEN]
    def seed(self, material): self.v = self.df(material); self.c = self.df(b'\0' + self.v); self.counter = 1
    def reseed(self, entropy, additional): self.seed(b'\1' + self.v + entropy + additional)
    def generate(self, n):
        number = lambda b: int.from_bytes(b, 'big')
        wrap = lambda x: (x % (1 << 440)).to_bytes(self.LEN, 'big')
        out = b''.join(sm3(wrap(number(self.v) + i)) for i in range(-(-n // 32)))[:n]
        h = sm3(b'\3' + self.v)
        self.v = wrap(number(self.v) + number(h) + number(self.c) + self.counter); self.counter += 1
        return out

def drbg():
    tests = []
    for nonce, personal, sizes in ((0, 0, (32,)), (16, 0, (1, 31, 33, 64)), (8, 30, (100, 1000, 4)), (40, 5, (8, 8, 8))):
        e, n, p, again, more = (draw(f'drbg {x} {y}', y) for x, y in (('e', 32), ('n', nonce), ('p', personal), ('again', 32), ('more', nonce)))
        g = HashDrbg(); g.seed(e + n + p)
        first = [g.generate(size).hex() for size in sizes]
        g.reseed(again, more)
        tests.append({'entropy': e.hex(), 'nonce': n.hex(), 'personal': p.hex(), 'first': first, 'again': again.hex(), 'more': more.hex(), 'then': g.generate(48).hex()})
    write('drbg_sm3', 'SP 800-90A 10.1.1 Hash_DRBG written out over hashlib sm3, ' + OPENSSL, tests)

# `generate.py NAME…` makes some again; sm2 draws new keys each time.
if __name__ == '__main__':
    for name in sys.argv[1:] or ('hashes', 'sm4', 'drbg', 'sm2'): globals()[name]()
