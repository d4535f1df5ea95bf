#include "support/pki.h"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "identity/base64url.h"

namespace sluice::test {
namespace {

using identity::Bytes;
using identity::encode_base64url;

ASN1_TIME* asn1(identity::Moment moment)
{
	return ASN1_TIME_set(nullptr, moment.time_since_epoch().count());
}

void add_extension(X509* certificate, X509V3_CTX& context, int nid, const std::string& value)
{
	if (value.empty())
		return;
	X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
	ASSERT_NE(nullptr, extension) << value;
	X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
}

X509_NAME* name_of(const std::string& subject)
{
	X509_NAME* name = X509_NAME_new();
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(subject.c_str()), -1, -1, 0);
	return name;
}

Bytes number_of(const Key& key, const char* parameter, int size)
{
	BIGNUM* number = nullptr;
	EVP_PKEY_get_bn_param(key.get(), parameter, &number);
	Bytes bytes(static_cast<std::size_t>(size == 0 ? BN_num_bytes(number) : size));
	BN_bn2binpad(number, bytes.data(), static_cast<int>(bytes.size()));
	BN_free(number);
	return bytes;
}

// ECDSA's DER as the R || S that JOSE wants.
Bytes raw_of(const Bytes& der)
{
	const std::uint8_t* cursor = der.data();
	ECDSA_SIG* pair = d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(der.size()));
	Bytes raw(64);
	BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw.data(), 32);
	BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw.data() + 32, 32);
	ECDSA_SIG_free(pair);
	return raw;
}

}  // namespace

Key make_ec_key()
{
	return Key(EVP_EC_gen("P-256"), EVP_PKEY_free);
}

Key make_rsa_key(unsigned bits)
{
	return Key(EVP_RSA_gen(bits), EVP_PKEY_free);
}

Bytes Issued::der() const
{
	Bytes bytes(static_cast<std::size_t>(i2d_X509(certificate.get(), nullptr)));
	std::uint8_t* cursor = bytes.data();
	i2d_X509(certificate.get(), &cursor);
	return bytes;
}

identity::Certificate Issued::parsed() const
{
	auto parsed = identity::Certificate::parse(der());
	EXPECT_TRUE(parsed);
	return *std::move(parsed);
}

Issued issue(const Wanted& wanted, const Issued* issuer, const Key& key)
{
	Issued issued{key, {X509_new(), X509_free}};
	X509* certificate = issued.certificate.get();
	X509* signer = issuer == nullptr ? certificate : issuer->certificate.get();
	X509_NAME* subject = name_of(wanted.subject);
	ASN1_TIME* from = asn1(wanted.from);
	ASN1_TIME* until = asn1(wanted.until);
	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), wanted.serial);
	X509_set_subject_name(certificate, subject);
	X509_set_issuer_name(certificate, X509_get_subject_name(signer));
	X509_set1_notBefore(certificate, from);
	X509_set1_notAfter(certificate, until);
	X509_set_pubkey(certificate, key.get());
	X509_NAME_free(subject);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);

	X509V3_CTX context;
	X509V3_set_ctx(&context, signer, certificate, nullptr, nullptr, 0);
	std::string names;
	for (const std::string& name : wanted.names)
		names += (names.empty() ? "" : ",") + name;
	add_extension(certificate, context, NID_subject_key_identifier, "hash");
	add_extension(certificate, context, NID_basic_constraints, wanted.basic);
	add_extension(certificate, context, NID_key_usage, wanted.usage);
	add_extension(certificate, context, NID_ext_key_usage, wanted.extended);
	add_extension(certificate, context, NID_subject_alt_name, names);
	EXPECT_GT(X509_sign(certificate, (issuer == nullptr ? key : issuer->key).get(), EVP_sha256()), 0);
	return issued;
}

std::string revocation_list(const Issued& issuer, const std::vector<long>& serials, identity::Moment from, identity::Moment until)
{
	const identity::CrlPtr list(X509_CRL_new());
	ASN1_TIME* first = asn1(from);
	ASN1_TIME* last = asn1(until);
	X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(issuer.certificate.get()));
	X509_CRL_set1_lastUpdate(list.get(), first);
	X509_CRL_set1_nextUpdate(list.get(), last);
	for (const long serial : serials) {
		X509_REVOKED* entry = X509_REVOKED_new();
		ASN1_INTEGER* number = ASN1_INTEGER_new();
		ASN1_INTEGER_set(number, serial);
		X509_REVOKED_set_serialNumber(entry, number);
		X509_REVOKED_set_revocationDate(entry, first);
		X509_CRL_add0_revoked(list.get(), entry);
		ASN1_INTEGER_free(number);
	}
	ASN1_TIME_free(first);
	ASN1_TIME_free(last);
	EXPECT_GT(X509_CRL_sign(list.get(), issuer.key.get(), EVP_sha256()), 0);
	Bytes der(static_cast<std::size_t>(i2d_X509_CRL(list.get(), nullptr)));
	std::uint8_t* cursor = der.data();
	i2d_X509_CRL(list.get(), &cursor);
	return std::string(identity::text_of(der));
}

std::string sign_token(const nlohmann::json& header, const std::string& claims, const Key& key)
{
	const std::string text = encode_base64url(identity::bytes_of(header.dump())) + "." + encode_base64url(identity::bytes_of(claims));
	const identity::DigestContextPtr context(EVP_MD_CTX_new());
	std::size_t size = 0;
	const auto* message = reinterpret_cast<const unsigned char*>(text.data());
	EXPECT_EQ(1, EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()));
	EXPECT_EQ(1, EVP_DigestSign(context.get(), nullptr, &size, message, text.size()));
	Bytes signature(size);
	EXPECT_EQ(1, EVP_DigestSign(context.get(), signature.data(), &size, message, text.size()));
	signature.resize(size);
	if (EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_EC)
		signature = raw_of(signature);
	return text + "." + encode_base64url(signature);
}

nlohmann::json jwk_of(const Key& key, const std::string& key_id)
{
	if (EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_EC)
		return {{"kty", "EC"}, {"crv", "P-256"}, {"kid", key_id},
			{"x", encode_base64url(number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, 32))},
			{"y", encode_base64url(number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, 32))}};
	return {{"kty", "RSA"}, {"kid", key_id}, {"n", encode_base64url(number_of(key, OSSL_PKEY_PARAM_RSA_N, 0))},
		{"e", encode_base64url(number_of(key, OSSL_PKEY_PARAM_RSA_E, 0))}};
}

}  // namespace sluice::test
