// Writes certificates_bc.json beside it: what BouncyCastle makes; the output is committed.
//
//   mvn dependency:get -Dartifact=org.bouncycastle:bcpkix-jdk18on:1.82
//   java -cp bcprov-jdk18on-1.82.jar:bcutil-jdk18on-1.82.jar:bcpkix-jdk18on-1.82.jar Certificates.java > certificates_bc.json
//
// With arguments it reads instead: ROOT MIDDLE LEAF REQUEST LIST, all PEM, validates the path by PKIX, and verifies the
// request and the list of MIDDLE.
import java.io.*;
import java.math.BigInteger;
import java.security.*;
import java.security.cert.*;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.util.*;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.*;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.cert.*;
import org.bouncycastle.cert.jcajce.*;
import org.bouncycastle.jcajce.spec.SM2ParameterSpec;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.DefaultSignatureAlgorithmIdentifierFinder;
import org.bouncycastle.operator.jcajce.*;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.jcajce.*;
import org.bouncycastle.util.encoders.Hex;

class Certificates {
    static final List<String> TESTS = new ArrayList<>();
    static final Date FROM = new Date(1767225600000L), UNTIL = new Date(2713823999000L); // 2026-01-01 to 2055-12-30
    static final String DEFAULT = "1234567812345678", OTHER = "alice@example.com";

    static KeyPair key() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", "BC");
        generator.initialize(new ECGenParameterSpec("sm2p256v1"));
        return generator.generateKeyPair();
    }

    // The signer of the library takes no user id.
    static ContentSigner signer(KeyPair key, String id) throws Exception {
        Signature signature = Signature.getInstance("SM3withSM2", "BC");
        signature.setParameter(new SM2ParameterSpec(id.getBytes("UTF-8")));
        signature.initSign(key.getPrivate());
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        return new ContentSigner() {
            public AlgorithmIdentifier getAlgorithmIdentifier() { return new DefaultSignatureAlgorithmIdentifierFinder().find("SM3withSM2"); }
            public OutputStream getOutputStream() { return body; }
            public byte[] getSignature() {
                try {
                    signature.update(body.toByteArray());
                    return signature.sign();
                } catch (SignatureException error) {
                    throw new IllegalStateException(error);
                }
            }
        };
    }

    static void add(String name, String id, KeyPair key, byte[] der) {
        String d = String.format("%064x", ((ECPrivateKey) key.getPrivate()).getS());
        TESTS.add(String.format("  {\"name\": \"%s\", \"id\": \"%s\", \"d\": \"%s\", \"der\": \"%s\"}", name, id, d, Hex.toHexString(der)));
    }

    static void issue(String name, String issuer, long serial, KeyPair own, KeyPair above, String id, int pathLen, int usage)
            throws Exception {
        X509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(new X500Name("C=CN,O=密钥,CN=" + issuer),
            BigInteger.valueOf(serial), FROM, UNTIL, new X500Name("C=CN,O=密钥,CN=" + name), own.getPublic());
        JcaX509ExtensionUtils utils = new JcaX509ExtensionUtils();
        builder.addExtension(Extension.basicConstraints, true, pathLen < 0 ? new BasicConstraints(false) : new BasicConstraints(pathLen));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(usage));
        builder.addExtension(Extension.subjectKeyIdentifier, false, utils.createSubjectKeyIdentifier(own.getPublic()));
        builder.addExtension(Extension.authorityKeyIdentifier, false, utils.createAuthorityKeyIdentifier(above.getPublic()));
        if (pathLen < 0) {
            GeneralName[] names = {new GeneralName(GeneralName.dNSName, "a.example"), new GeneralName(GeneralName.iPAddress, "10.0.0.1")};
            builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
        }
        add(name, id, own, builder.build(signer(above, id)).getEncoded());
    }

    static void write() throws Exception {
        int authority = KeyUsage.keyCertSign | KeyUsage.cRLSign;
        for (String id : new String[] {DEFAULT, OTHER}) {
            KeyPair root = key(), middle = key(), signing = key(), encryption = key();
            issue("root", "root", 1, root, root, id, 5, authority);
            issue("middle", "root", 2, middle, root, id, 0, authority);
            issue("signing", "middle", 128, signing, middle, id, -1, KeyUsage.digitalSignature | KeyUsage.nonRepudiation);
            issue("encryption", "middle", 129, encryption, middle, id, -1, KeyUsage.keyEncipherment | KeyUsage.dataEncipherment | KeyUsage.keyAgreement);
            PKCS10CertificationRequest request = new JcaPKCS10CertificationRequestBuilder(new X500Name("C=CN,CN=a"), signing.getPublic())
                .addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, new Extensions(new Extension(Extension.subjectAlternativeName,
                    false, new GeneralNames(new GeneralName(GeneralName.dNSName, "a.example")).getEncoded())))
                .build(signer(signing, id));
            add("request", id, signing, request.getEncoded());
            X509v2CRLBuilder list = new X509v2CRLBuilder(new X500Name("C=CN,O=密钥,CN=middle"), FROM);
            list.setNextUpdate(UNTIL);
            list.addCRLEntry(BigInteger.valueOf(129), FROM, org.bouncycastle.asn1.x509.CRLReason.keyCompromise);
            list.addExtension(Extension.cRLNumber, false, new CRLNumber(BigInteger.ONE));
            add("list", id, middle, list.build(signer(middle, id)).getEncoded());
        }
        System.out.println("{\n \"source\": \"BouncyCastle 1.82\",\n \"tests\": [\n" + String.join(",\n", TESTS) + "\n ]\n}");
    }

    static void read(String[] names) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509", "BC");
        X509Certificate[] read = new X509Certificate[3];
        for (int i = 0; i < 3; i++) read[i] = (X509Certificate) factory.generateCertificate(new FileInputStream(names[i]));
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(read[0], null)));
        parameters.setDate(read[2].getNotBefore());
        X509CRL list = (X509CRL) factory.generateCRL(new FileInputStream(names[4]));
        list.verify(read[1].getPublicKey(), "BC");
        parameters.setRevocationEnabled(false);
        CertPathValidator.getInstance("PKIX", "BC").validate(factory.generateCertPath(List.of(read[2], read[1])), parameters);
        PKCS10CertificationRequest request = (PKCS10CertificationRequest) new PEMParser(new FileReader(names[3])).readObject();
        PublicKey key = new JcaPKCS10CertificationRequest(request).setProvider("BC").getPublicKey();
        if (!request.isSignatureValid(new JcaContentVerifierProviderBuilder().setProvider("BC").build(key))) throw new Exception("request");
        System.out.println("verified: " + read[2].getSubjectX500Principal() + ", " + list.isRevoked(read[2]));
    }

    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        if (arguments.length == 5) read(arguments); else write();
    }
}
