/* Writes cms_gmssl.json beside it: messages of GmSSL (commit 24ae4827, 3.3.0-dev); the output is committed.
 *
 *   for who in one two; do
 *     gmssl sm2keygen -pass 1234 -out $who.key -pubout $who.pub
 *     gmssl certgen -CN $who -serial_len 12 -days 3650 -key $who.key -pass 1234 -out $who.crt
 *   done
 *   cc $DEFINES cms.c -I include -L bin -lgmssl -lm -o cms && ./cms one.key one.crt two.key two.crt > cms_gmssl.json
 *
 * where DEFINES is what the library was built with (its flags.make): they change the size of its structures.
 *
 * GmSSL reads none of what miyao writes: it knows no SM2-3 (1.2.156.10197.1.301.3), and verifies no signature with ZA.
 */
#include <gmssl/cms.h>
#include <gmssl/mem.h>
#include <gmssl/rand.h>
#include <gmssl/sm2.h>
#include <gmssl/x509.h>
#include <gmssl/x509_cer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUST(call) do { if ((call) != 1) { fprintf(stderr, "%s\n", #call); exit(1); } } while (0)

struct holder {
	SM2_KEY sm2;
	X509_KEY key;
	uint8_t cert[4096];
	size_t len;
};

static void read_holder(struct holder *who, const char *key, const char *cert)
{
	FILE *file = fopen(key, "rb");
	MUST(file != NULL);
	MUST(sm2_private_key_info_decrypt_from_pem(&who->sm2, "1234", file));
	fclose(file);
	MUST(x509_key_set_sm2_key(&who->key, &who->sm2));
	MUST((file = fopen(cert, "rb")) != NULL);
	MUST(x509_cert_from_pem(who->cert, &who->len, sizeof(who->cert), file));
	fclose(file);
}

static void hex(const uint8_t *bytes, size_t len)
{
	while (len--) printf("%02x", *bytes++);
}

static void holder(const struct holder *who, const char *before)
{
	uint8_t d[32];
	printf("%s{\"certificate\":\"", before);
	hex(who->cert, who->len);
	printf("\",\"d\":\"");
	sm2_z256_to_bytes(who->sm2.private_key, d);
	hex(d, sizeof(d));
	printf("\"}");
}

static void row(const char *kind, const struct holder *holders, size_t count, const char *text, const uint8_t *der, size_t len)
{
	static int rows;
	printf("%s\n  {\"kind\":\"%s\",\"way\":\"gmssl\",\"content\":\"", rows++ ? "," : "", kind);
	hex((const uint8_t *)text, strlen(text));
	printf("\",\"der\":\"");
	hex(der, len);
	printf("\",\"holders\":[");
	for (size_t i = 0; i < count; i++) holder(holders + i, i ? "," : "");
	printf("]}");
}

static void vectors(struct holder *holders, const char *text)
{
	const uint8_t *content = (const uint8_t *)text;
	static uint8_t certs[8192], der[65536];
	uint8_t key[16], iv[16];
	size_t certs_len = 0, len, size = strlen(text);
	CMS_CERTS_AND_KEY signers[2];

	for (int i = 0; i < 2; i++) {
		memcpy(certs + certs_len, holders[i].cert, holders[i].len);
		certs_len += holders[i].len;
		signers[i] = (CMS_CERTS_AND_KEY){ holders[i].cert, holders[i].len, &holders[i].key };
	}
	MUST(rand_bytes(key, 16));
	MUST(rand_bytes(iv, 16));
	MUST(cms_sign(der, &len, signers, 1, OID_cms_data, content, size, NULL, 0));
	row("signed", holders, 1, text, der, len);
	MUST(cms_sign(der, &len, signers, 2, OID_cms_data, content, size, NULL, 0));
	row("signed", holders, 2, text, der, len);
	MUST(cms_envelop(der, &len, certs, certs_len, OID_sm4_cbc, key, 16, iv, 16, OID_cms_data, content, size,
		NULL, 0, NULL, 0));
	row("enveloped", holders, 2, text, der, len);
	MUST(cms_envelop(der, &len, certs, certs_len, OID_sm4_cbc, key, 16, iv, 16, OID_cms_data, content, size,
		(const uint8_t *)"one", 3, (const uint8_t *)"two", 3));
	row("shared information", holders, 2, text, der, len);
	MUST(cms_sign_and_envelop(der, &len, signers, 1, certs, holders[0].len, OID_sm4_cbc, key, 16, iv, 16, OID_cms_data,
		content, size, NULL, 0, NULL, 0, NULL, 0));
	row("both", holders, 1, text, der, len);
}

int main(int argc, char **argv)
{
	static struct holder holders[2];
	MUST(argc == 5);
	read_holder(holders, argv[1], argv[2]);
	read_holder(holders + 1, argv[3], argv[4]);
	printf("{\n \"source\": \"GmSSL 24ae4827 (3.3.0-dev), by cms.c beside it\",\n \"tests\": [");
	vectors(holders, "content of GmSSL");
	vectors(holders, "x");
	printf("\n ]\n}\n");
	return 0;
}
