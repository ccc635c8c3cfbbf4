// Bouncy Castle, by its lightweight interface. Its files of encrypted keys know no SM4.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.bouncycastle.asn1.gm.GMNamedCurves;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.crypto.CipherParameters;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.agreement.ECDHBasicAgreement;
import org.bouncycastle.crypto.agreement.SM2KeyExchange;
import org.bouncycastle.crypto.engines.SM2Engine;
import org.bouncycastle.crypto.params.ECNamedDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.ParametersWithID;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.params.SM2KeyExchangePrivateParameters;
import org.bouncycastle.crypto.params.SM2KeyExchangePublicParameters;
import org.bouncycastle.crypto.signers.SM2Signer;
import org.bouncycastle.crypto.signers.StandardDSAEncoding;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.PrivateKeyInfoFactory;
import org.bouncycastle.crypto.util.PublicKeyFactory;
import org.bouncycastle.crypto.util.SubjectPublicKeyInfoFactory;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

public class BouncyCastle {
    static final ECNamedDomainParameters CURVE =
            new ECNamedDomainParameters(GMObjectIdentifiers.sm2p256v1, GMNamedCurves.getByOID(GMObjectIdentifiers.sm2p256v1));
    static final SecureRandom RANDOM = new SecureRandom();
    static final byte[] ID = "1234567812345678".getBytes();

    // Nothing where it is refused.
    interface Question {
        byte[] answer(byte[][] fields) throws Exception;
    }

    static ECPrivateKeyParameters privateKey(byte[] d) {
        return new ECPrivateKeyParameters(new BigInteger(1, d), CURVE);
    }

    static ECPublicKeyParameters publicKey(byte[] point) {
        return new ECPublicKeyParameters(CURVE.getCurve().decodePoint(point), CURVE);
    }

    static ECPublicKeyParameters publicOf(ECPrivateKeyParameters key) {
        return new ECPublicKeyParameters(CURVE.getG().multiply(key.getD()), CURVE);
    }

    static byte[] bytes(BigInteger number) {
        byte[] minimal = number.toByteArray(), out = new byte[32];
        int length = Math.min(32, minimal.length);
        System.arraycopy(minimal, minimal.length - length, out, 32 - length, length);
        return out;
    }

    static byte[] point(ECPublicKeyParameters key) {
        return key.getQ().getEncoded(false);
    }

    static SM2Signer signer(boolean signs, CipherParameters key, byte[] id, byte[] message) {
        SM2Signer signer = new SM2Signer();
        signer.init(signs, new ParametersWithID(key, id));
        signer.update(message, 0, message.length);
        return signer;
    }

    static byte[] sign(byte[][] f) throws Exception {
        CipherParameters key = new ParametersWithRandom(privateKey(f[0]), RANDOM);
        BigInteger[] made = StandardDSAEncoding.INSTANCE.decode(CURVE.getN(), signer(true, key, f[1], f[2]).generateSignature());
        byte[] raw = Arrays.copyOf(bytes(made[0]), 64);
        System.arraycopy(bytes(made[1]), 0, raw, 32, 32);
        return raw;
    }

    static byte[] verify(byte[][] f) throws Exception {
        BigInteger r = new BigInteger(1, Arrays.copyOf(f[3], 32)), s = new BigInteger(1, Arrays.copyOfRange(f[3], 32, 64));
        boolean valid = false;
        try {
            byte[] der = StandardDSAEncoding.INSTANCE.encode(CURVE.getN(), r, s);
            valid = signer(false, publicKey(f[0]), f[1], f[2]).verifySignature(der);
        } catch (IllegalArgumentException outOfRange) {
            // Refused before it is one.
        }
        return new byte[] {(byte) (valid ? 1 : 0)};
    }

    static byte[] crypt(boolean encrypts, CipherParameters key, byte[] text) throws Exception {
        SM2Engine engine = new SM2Engine(SM2Engine.Mode.C1C3C2);
        engine.init(encrypts, encrypts ? new ParametersWithRandom(key, RANDOM) : key);
        try {
            return engine.processBlock(text, 0, text.length);
        } catch (InvalidCipherTextException | IllegalArgumentException refused) {
            return null;
        }
    }

    static byte[] ecdh(byte[][] f) {
        ECDHBasicAgreement agreement = new ECDHBasicAgreement();
        agreement.init(privateKey(f[0]));
        return bytes(agreement.calculateAgreement(publicKey(f[1])));
    }

    static byte[] exchange(byte[][] f) {
        SM2KeyExchange exchange = new SM2KeyExchange();
        boolean starts = f[0][0] == 0;
        exchange.init(new ParametersWithID(
                new SM2KeyExchangePrivateParameters(starts, privateKey(f[1]), privateKey(f[2])), ID));
        return exchange.calculateKey(
                128, new ParametersWithID(new SM2KeyExchangePublicParameters(publicKey(f[3]), publicKey(f[4])), ID));
    }

    static PrivateKeyInfo pkcs8(byte[] d) throws Exception {
        return PrivateKeyInfoFactory.createPrivateKeyInfo(privateKey(d));
    }

    static byte[] scalar(PrivateKeyInfo info) throws Exception {
        return bytes(((ECPrivateKeyParameters) PrivateKeyFactory.createKey(info)).getD());
    }

    static final Map<String, Question> QUESTIONS = Map.ofEntries(
            Map.entry("sm2-public", f -> point(publicOf(privateKey(f[0])))),
            Map.entry("sm2-sign", BouncyCastle::sign),
            Map.entry("sm2-verify", BouncyCastle::verify),
            Map.entry("sm2-encrypt", f -> crypt(true, publicKey(f[0]), f[1])),
            Map.entry("sm2-decrypt", f -> crypt(false, privateKey(f[0]), f[1])),
            Map.entry("sm2-ecdh", BouncyCastle::ecdh),
            Map.entry("sm2-exchange", BouncyCastle::exchange),
            Map.entry("sm2-pkcs8", f -> pkcs8(f[0]).getEncoded()),
            Map.entry("sm2-read-pkcs8", f -> scalar(PrivateKeyInfo.getInstance(f[0]))),
            Map.entry("sm2-spki", f -> SubjectPublicKeyInfoFactory.createSubjectPublicKeyInfo(publicKey(f[0])).getEncoded()),
            Map.entry("sm2-read-spki", f -> point((ECPublicKeyParameters) PublicKeyFactory.createKey(f[0]))));

    static String answer(String line) throws Exception {
        String[] words = line.split(" ");
        Question question = words[0].equals("ask") ? QUESTIONS.get(words[1]) : null;
        if (question == null) {
            return "none";
        }
        byte[][] fields = new byte[words.length - 2][];
        for (int at = 0; at < fields.length; at++) {
            fields[at] = HexFormat.of().parseHex(words[at + 2].replace("-", ""));
        }
        byte[] answer = question.answer(fields);
        return answer == null ? "refused" : HexFormat.of().formatHex(answer);
    }

    public static void main(String[] arguments) throws Exception {
        System.out.println(new BouncyCastleProvider().getInfo());
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            System.out.println(answer(line));
        }
    }
}
