#!/usr/bin/env python3
"""Opens a miyao message or token. Written from docs/format.md alone; the comments cite its rules.

    reader.py MESSAGE --passphrase-file F | --sm2-key F | --key-file F
              [--context K=V]... [--every-pair] [--signed-by F]            > plaintext
    reader.py --token TOKEN --key-file F [--context K=V]... [--context-hidden K=V]...   > plaintext

MESSAGE and TOKEN are files; TOKEN holds the text. One newline at the end of a passphrase file is dropped. --sm2-key and
--signed-by are PEM (PKCS#8, SubjectPublicKeyInfo). --key-file has a line: key id, version, secret, in hexadecimal but
the version. Exit 3: rejected (wrong key, wrong context or altered). Exit 5: no message that may be read.
Nothing is written unless all of the message was authenticated.
"""
import argparse, base64, hmac as compare, os, sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from gm import Gcm, der_items, hkdf_expand, hmac, multiply, G, N, on_curve, pbkdf2, sm2_decrypt, sm2_verify, sm3, sm4_ctr, spki

class Rejected(Exception): pass
class Malformed(Exception): pass

def need(condition, rule):
    if not condition: raise Malformed(rule)
def demand(condition):
    if not condition: raise Rejected
def same(a, b): return compare.compare_digest(a, b)

MAGIC, TAG = bytes.fromhex('9a2c9aa1'), {1: 16, 2: 32}

class Bytes:
    """Reads fields in order."""
    def __init__(self, data): self.data, self.at = data, 0
    def take(self, n, rule='truncated'):
        need(self.at + n <= len(self.data), rule)
        self.at += n
        return self.data[self.at - n:self.at]
    def number(self, n, rule='truncated'): return int.from_bytes(self.take(n, rule), 'big')
    def left(self): return len(self.data) - self.at

# --- context, M20-M26 --------------------------------------------------------------------------------------------
def encode_context(pairs):
    """{key: (class, value)} as the format writes it."""
    counted = lambda b: len(b).to_bytes(2, 'big') + b
    return b''.join(bytes([c]) + counted(k) + counted(v) for k, (c, v) in sorted(pairs.items()))

def parse_context(data):
    pairs, last, fields = {}, b'', Bytes(data)
    while fields.left():                                             # M24
        kind = fields.number(1)
        key = fields.take(fields.number(2, 'M24'), 'M24')
        value = fields.take(fields.number(2, 'M24'), 'M24')
        need(kind in (0, 1) and key, 'M21')
        need(key > last, 'M20')                                      # the first key is not empty, so it is more than b''
        need(kind == 0 or not value, 'M22')
        pairs[key] = kind, value
        last = key
    need(len(pairs) <= 64, 'M23')
    return pairs

def full_context(stored, given, every):                              # M25, M26
    demand(set(given) <= set(stored))
    full = {}
    for key, (kind, value) in stored.items():
        if kind == 1: demand(key in given); value = given[key]
        elif key in given: demand(given[key] == value)
        else: demand(not every)
        full[key] = kind, value
    encoded = encode_context(full)
    demand(len(encoded) <= 65536)
    return encoded

# --- H and R -----------------------------------------------------------------------------------------------------
class Header:
    def __init__(self, fields):
        need(fields.take(4) == MAGIC, 'M1')
        need(fields.number(1) == 1, 'M2')
        self.suite, flags, self.k = fields.number(2), fields.number(1), fields.number(1)
        need(self.suite in TAG, 'M3')
        need(flags & ~1 == 0, 'M4')
        need(12 <= self.k <= 24, 'M5')
        length = fields.number(2)
        need(length <= 8192, 'M6')
        self.salt = fields.take(32)
        self.context = parse_context(fields.take(length))
        self.signer = fields.take(32) if flags & 1 else None
        self.uncommitted = fields.data[:fields.at]
        self.commitment = fields.take(32)
        self.digest = sm3(fields.data[:fields.at])                   # M8

def parse_entries(body, count):                                      # M34-M38
    need(1 <= count <= 16, 'M34')
    fields, entries, names = Bytes(body), [], set()
    for _ in range(count):
        start = fields.at
        kind = fields.number(1, 'M34')
        inner = Bytes(fields.take(fields.number(2, 'M34'), 'M34'))
        entry = {'kind': kind}
        if kind == 1: entry |= {'key': inner.take(16, 'M34'), 'version': inner.number(4, 'M34')}; need(entry['version'], 'M37')
        elif kind == 2: entry |= {'key': inner.take(32, 'M34'), 'version': 0}
        elif kind == 3: entry |= {'key': b'', 'version': 0, 'iterations': inner.number(4, 'M34')}; need(600_000 <= entry['iterations'] <= 10_000_000, 'M36')
        elif kind == 4:
            inner.take(2, 'M34'); entry |= {'key': inner.take(16, 'M34'), 'version': inner.number(4, 'M34')}
            inner.take(2, 'M34'); need(inner.number(2, 'M34') == inner.left(), 'M38')
        if kind in (1, 3):
            entry['salt'] = inner.take(16, 'M34')
            entry['prefix'] = body[start:start + 3 + inner.at]       # M51
            entry['wrapped'], entry['tag'] = inner.take(32, 'M34'), inner.take(32, 'M34')
            need(not inner.left(), 'M34')
        else: entry['rest'] = inner.take(inner.left())
        if kind in (1, 2, 3, 4):                                     # M35: other types are passed over
            name = kind, entry['key'], entry['version']
            need(name not in names, 'M34'); names.add(name)
        entries.append(entry)
    need(not any(body[fields.at:]), 'M34')
    return entries

def parse_recipients(fields):
    length = fields.number(2)
    need(length % 64 == 0 and 64 <= length <= 32768, 'M31')
    best = None
    for slot in (fields.take(length), fields.take(length)):
        body, checksum = slot[:-32], slot[-32:]
        if sm3(body) != checksum: continue                           # M32
        generation, count = int.from_bytes(body[:4], 'big'), body[4]
        entries = parse_entries(body[5:], count)                     # M34: of a valid slot, even of the older one
        if best is None or generation > best[0]: best = generation, entries   # M33
    need(best, 'M33')
    return best[1]

# --- keys --------------------------------------------------------------------------------------------------------
def unwrap(secret, entry, digest):                                   # M50-M52
    aad = entry['prefix'] + digest
    keys = hkdf_expand(secret, b'miyao v1 wrap\0' + entry['salt'] + sm3(aad), 60)
    demand(same(hmac(keys[28:], aad + entry['wrapped']), entry['tag']))
    return sm4_ctr(keys[:16], keys[16:28] + bytes(4), entry['wrapped'])

def unwrap_sm2(d, entry, digest):                                    # M53
    text = sm2_decrypt(d, entry['rest'])
    demand(text is not None and len(text) == 64)
    demand(same(text[32:], sm3(b'\2' + entry['key'] + digest)))
    return text[:32]

def find_file_key(entries, digest, keys):                            # M93
    for entry in sorted(entries, key=lambda entry: entry['kind'] == 3):
        if entry['kind'] == 1 and (secret := keys.versions.get((entry['key'], entry['version']))): return unwrap(secret, entry, digest)
        if entry['kind'] == 2 and keys.sm2 and entry['key'] == sm3(spki(multiply(keys.sm2, G))): return unwrap_sm2(keys.sm2, entry, digest)
        if entry['kind'] == 3 and keys.passphrase is not None:
            return unwrap(pbkdf2(keys.passphrase, entry['salt'], entry['iterations']), entry, digest)
    raise Malformed('the message is not for any key given')

class Body:
    """The keys and the frames of one message (M44, M60-M62)."""
    def __init__(self, suite, keys):
        self.suite, self.key, self.nonce, self.mac = suite, keys[:16], keys[16:28], keys[28:]
        self.gcm = Gcm(self.key) if suite == 1 else None
    def open(self, nonce, data):
        text, tag = data[:len(data) - TAG[self.suite]], data[len(data) - TAG[self.suite]:]
        if self.suite == 1:
            plain = self.gcm.open(nonce, text, tag)
            demand(plain is not None)
            return plain
        demand(same(hmac(self.mac, nonce + text), tag))
        return sm4_ctr(self.key, nonce + bytes(4), text)
    def frame(self, i, last, data):
        mask = bytes([last]) + bytes(3) + i.to_bytes(8, 'big')
        return self.open(bytes(a ^ b for a, b in zip(self.nonce, mask)), data)

def open_message(data, keys):
    fields = Bytes(data)
    header = Header(fields)                                          # M90
    entries = parse_recipients(fields)                               # M91
    full = full_context(header.context, keys.context, keys.every)    # M92
    if keys.signer: demand(header.signer is not None and same(sm3(spki(keys.signer)), header.signer))   # M74
    file_key = find_file_key(entries, header.digest, keys)           # M94
    bind = sm3(b'miyao v1 message\0' + len(header.uncommitted).to_bytes(4, 'big') + header.uncommitted + full)   # M40
    prk = hmac(header.salt, file_key)                                # M41
    demand(same(hkdf_expand(prk, b'miyao v1 commit\0' + bind, 32), header.commitment))                  # M43, M95
    body = Body(header.suite, hkdf_expand(prk, b'miyao v1 body\0' + bind, 28 if header.suite == 1 else 60))
    signature = b''
    end = len(data)
    if header.signer is not None:                                    # M70
        end -= 64
        need(end >= fields.at, 'M64'); signature = data[end:]
    tag, whole = TAG[header.suite], (1 << header.k) + TAG[header.suite]
    frames = -(-(end - fields.at) // whole)
    need(frames >= 1, 'M64'); need(frames <= 1 << 32, 'M65')
    plain, leaves = [], []
    for i in range(frames):                                          # M96
        frame = data[fields.at + i * whole:min(end, fields.at + (i + 1) * whole)]
        last = i + 1 == frames
        need(len(frame) > tag or (len(frame) == tag and frames == 1), 'M64')
        plain.append(body.frame(i, last, frame))
        leaves.append(sm3(b'\0' + i.to_bytes(8, 'big') + frame))     # M72
    text = b''.join(plain)
    if keys.signer:                                                  # M97, M71, M73
        root = sm3(b'\1' + frames.to_bytes(8, 'big') + b''.join(leaves))
        signed = b'miyao v1 signature\0' + header.digest + len(text).to_bytes(8, 'big') + root
        demand(sm2_verify(keys.signer, b'1234567812345678', signed, signature))
    return text

def open_token(text, keys):
    text = text.strip(b' \t\r\n\f')                                # M86
    need(all(c in b'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_' for c in text), 'M86')
    need(len(text) % 4 != 1, 'M86')
    token = base64.urlsafe_b64decode(text + b'=' * (-len(text) % 4))
    need(base64.urlsafe_b64encode(token).rstrip(b'=') == text, 'M86')
    fields = Bytes(token)
    need(fields.take(4) == MAGIC and fields.number(1) == 0x81, 'M80')
    suite = fields.number(2)
    need(suite in TAG, 'M3')
    hint, version = fields.take(4), fields.number(4)
    need(version, 'M80')
    fields.take(16)
    overhead = 48 if suite == 1 else 32
    need(0 <= fields.left() - overhead <= 65536, 'M81')
    ciphertext, end = token[31:len(token) - overhead], token[len(token) - overhead:]
    context = encode_context(keys.token_context)
    for (key, number), secret in keys.versions.items():
        if key[:4] != hint or number != version: continue
        bind = sm3(b'miyao v1 token\0' + token[:31] + key + context)                         # M82
        body = Body(suite, hkdf_expand(secret, b'miyao v1 token body\0' + bind, 28 if suite == 1 else 60))   # M83
        if suite == 1:                                               # M84
            demand(same(hkdf_expand(secret, b'miyao v1 token commit\0' + bind, 32), end[:32]))
            return body.open(body.nonce, ciphertext + end[32:])
        return body.open(body.nonce, ciphertext + end)               # M85
    raise Malformed('the token is not for any key given')

# --- the command line --------------------------------------------------------------------------------------------
class Keys:
    def __init__(self, args):
        pair = lambda text: tuple(os.fsencode(text).split(b'=', 1))
        given = [pair(text) for text in args.context]
        hidden = [pair(text) for text in args.context_hidden]
        self.context, self.every = dict(given + hidden), args.every_pair
        self.token_context = {key: (0, value) for key, value in given} | {key: (1, value) for key, value in hidden}
        self.passphrase, self.sm2, self.signer, self.versions = None, None, None, {}
        if args.passphrase_file:
            self.passphrase = open(args.passphrase_file, 'rb').read()
            if self.passphrase.endswith(b'\n'): self.passphrase = self.passphrase[:-1]
        if args.sm2_key: self.sm2 = private_key(open(args.sm2_key, 'rb').read())
        if args.signed_by: self.signer = public_key(open(args.signed_by, 'rb').read())
        for line in open(args.key_file) if args.key_file else ():
            key, version, secret = line.split()
            self.versions[bytes.fromhex(key), int(version)] = bytes.fromhex(secret)

def unarmor(text, label):
    begin, end = (f'-----{word} {label}-----'.encode() for word in ('BEGIN', 'END'))
    need(begin in text and end in text, 'no ' + label)
    return base64.b64decode(text.split(begin)[1].split(end)[0])

def private_key(text):
    inner = der_items(der_items(unarmor(text, 'PRIVATE KEY'))[2][1])
    d = int.from_bytes(inner[1][1], 'big')
    need(0 < d < N - 1, 'private key')
    return d

def public_key(text):
    point = der_items(unarmor(text, 'PUBLIC KEY'))[1][1]
    q = int.from_bytes(point[2:34], 'big'), int.from_bytes(point[34:], 'big')
    need(len(point) == 66 and point[:2] == b'\0\4' and on_curve(q), 'public key')
    return q

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('message', nargs='?')
    parser.add_argument('--token')
    for name in ('--passphrase-file', '--sm2-key', '--key-file', '--signed-by'): parser.add_argument(name)
    for name in ('--context', '--context-hidden'): parser.add_argument(name, action='append', default=[])
    parser.add_argument('--every-pair', action='store_true')
    args = parser.parse_args()
    if (args.message is None) == (args.token is None): parser.error('give a message or --token')
    try:
        data = open(args.token or args.message, 'rb').read()
        text = (open_token if args.token else open_message)(data, Keys(args))
    except Rejected: sys.exit(fail(3, 'rejected'))
    except Malformed as rule: sys.exit(fail(5, f'refused: {rule}'))
    sys.stdout.buffer.write(text)

def fail(status, text):
    print('reader.py:', text, file=sys.stderr)
    return status

if __name__ == '__main__': main()
