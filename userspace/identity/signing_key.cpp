#include "identity/signing_key.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <array>

namespace sluice::identity {
namespace {

constexpr int kLeastRsaBits = 2048;
constexpr int kMostRsaBits = 8192;
constexpr int kMostExponentBits = 33;

using NumberPtr = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using BuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
using EcdsaPtr = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;

struct Curve {
	std::string_view name;
	const char* group;
	int nid;
	std::size_t bytes;
	Algorithm algorithm;
};

constexpr std::array kCurves = {
    Curve{"P-256", "prime256v1", NID_X9_62_prime256v1, 32, Algorithm::kEs256},
    Curve{"P-384", "secp384r1", NID_secp384r1, 48, Algorithm::kEs384},
    Curve{"P-521", "secp521r1", NID_secp521r1, 66, Algorithm::kEs512},
};

NumberPtr number_of(ByteView bytes)
{
	return NumberPtr(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}

// Null when OpenSSL takes no such key, or finds that it is not sound.
KeyPtr make_key(const char* type, OSSL_PARAM_BLD* builder)
{
	const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder));
	const KeyContextPtr maker(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
	EVP_PKEY* made = nullptr;
	if (!params || !maker || EVP_PKEY_fromdata_init(maker.get()) != 1 ||
	    EVP_PKEY_fromdata(maker.get(), &made, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
		return nullptr;
	KeyPtr key(made);
	const KeyContextPtr checker(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
	return checker && EVP_PKEY_public_check(checker.get()) == 1 ? std::move(key) : nullptr;
}

const EVP_MD* hash_of(Algorithm algorithm)
{
	switch (hash_bits_of(algorithm)) {
	case 256: return EVP_sha256();
	case 384: return EVP_sha384();
	case 512: return EVP_sha512();
	default: return nullptr;
	}
}

const Curve* curve_of(const EVP_PKEY* key)
{
	char group[32] = {};
	if (EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) != 1)
		return nullptr;
	for (const Curve& curve : kCurves) {
		if (std::string_view(group) == curve.group)
			return &curve;
	}
	return nullptr;
}

// R || S (RFC 7518, 3.4) as the DER that OpenSSL reads. Nothing for another length than the curve's.
std::optional<Bytes> der_of(ByteView signature, const EVP_PKEY* key)
{
	const Curve* curve = curve_of(key);
	if (curve == nullptr || signature.size() != 2 * curve->bytes)
		return std::nullopt;
	NumberPtr r = number_of(signature.first(curve->bytes));
	NumberPtr s = number_of(signature.last(curve->bytes));
	const EcdsaPtr pair(ECDSA_SIG_new());
	if (!r || !s || !pair || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1)
		return std::nullopt;
	static_cast<void>(r.release());
	static_cast<void>(s.release());
	const int length = i2d_ECDSA_SIG(pair.get(), nullptr);
	if (length <= 0)
		return std::nullopt;
	Bytes der(static_cast<std::size_t>(length));
	std::uint8_t* cursor = der.data();
	i2d_ECDSA_SIG(pair.get(), &cursor);
	return der;
}

bool set_pss(EVP_PKEY_CTX* context, const EVP_MD* hash)
{
	return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md(context, hash) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

}  // namespace

std::optional<SigningKey> SigningKey::rsa(ByteView modulus, ByteView exponent)
{
	if (modulus.size() > kMostRsaBits / 8 || exponent.size() > kMostExponentBits / 8 + 1)
		return std::nullopt;
	const NumberPtr n = number_of(modulus);
	const NumberPtr e = number_of(exponent);
	const BuilderPtr builder(OSSL_PARAM_BLD_new());
	if (!n || !e || !builder || BN_num_bits(n.get()) < kLeastRsaBits || BN_num_bits(e.get()) > kMostExponentBits ||
	    BN_is_odd(e.get()) == 0 || BN_is_one(e.get()) == 1 ||
	    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
	    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
		return std::nullopt;
	KeyPtr key = make_key("RSA", builder.get());
	forget_ossl_errors();
	return key ? std::optional(SigningKey(std::move(key))) : std::nullopt;
}

std::optional<SigningKey> SigningKey::elliptic(std::string_view curve_name, ByteView x, ByteView y)
{
	for (const Curve& curve : kCurves) {
		if (curve.name != curve_name || x.size() != curve.bytes || y.size() != curve.bytes)
			continue;
		Bytes point{POINT_CONVERSION_UNCOMPRESSED};
		point.insert(point.end(), x.begin(), x.end());
		point.insert(point.end(), y.begin(), y.end());
		const BuilderPtr builder(OSSL_PARAM_BLD_new());
		if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.group, 0) != 1 ||
		    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
			return std::nullopt;
		KeyPtr key = make_key("EC", builder.get());
		forget_ossl_errors();
		return key ? std::optional(SigningKey(std::move(key))) : std::nullopt;
	}
	return std::nullopt;
}

std::optional<SigningKey> SigningKey::edwards(std::string_view curve, ByteView x)
{
	if (curve != "Ed25519" && curve != "Ed448")
		return std::nullopt;
	KeyPtr key(EVP_PKEY_new_raw_public_key_ex(nullptr, std::string(curve).c_str(), nullptr, x.data(), x.size()));
	forget_ossl_errors();
	return key ? std::optional(SigningKey(std::move(key))) : std::nullopt;
}

std::optional<SigningKey> SigningKey::secret(Bytes secret)
{
	return secret.empty() ? std::nullopt : std::optional(SigningKey(std::move(secret)));
}

bool SigningKey::fits(Algorithm algorithm) const
{
	const AlgorithmFamily family = family_of(algorithm);
	if (!key_)
		return family == AlgorithmFamily::kHmac && secret_.size() * 8 >= hash_bits_of(algorithm);
	switch (EVP_PKEY_get_base_id(key_.get())) {
	case EVP_PKEY_RSA: return family == AlgorithmFamily::kRsaPkcs1 || family == AlgorithmFamily::kRsaPss;
	case EVP_PKEY_EC: {
		const Curve* curve = curve_of(key_.get());
		return curve != nullptr && curve->algorithm == algorithm;
	}
	default: return family == AlgorithmFamily::kEdDsa;
	}
}

bool SigningKey::verifies(Algorithm algorithm, ByteView message, ByteView signature) const
{
	const bool good = key_ ? verifies_asymmetric(algorithm, message, signature) : verifies_hmac(algorithm, message, signature);
	forget_ossl_errors();
	return good;
}

bool SigningKey::verifies_hmac(Algorithm algorithm, ByteView message, ByteView signature) const
{
	std::array<std::uint8_t, EVP_MAX_MD_SIZE> mac{};
	unsigned length = 0;
	if (HMAC(hash_of(algorithm), secret_.data(), static_cast<int>(secret_.size()), message.data(), message.size(), mac.data(),
		 &length) == nullptr)
		return false;
	return equal_in_constant_time({mac.data(), length}, signature);
}

bool SigningKey::verifies_asymmetric(Algorithm algorithm, ByteView message, ByteView signature) const
{
	const AlgorithmFamily family = family_of(algorithm);
	std::optional<Bytes> der;
	if (family == AlgorithmFamily::kEcdsa) {
		der = der_of(signature, key_.get());
		if (!der)
			return false;
		signature = *der;
	} else if (signature.size() != static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()))) {
		return false;
	}
	const DigestContextPtr context(EVP_MD_CTX_new());
	EVP_PKEY_CTX* key_context = nullptr;
	const EVP_MD* hash = hash_of(algorithm);
	if (!context || EVP_DigestVerifyInit(context.get(), &key_context, hash, nullptr, key_.get()) != 1)
		return false;
	if (family == AlgorithmFamily::kRsaPss && !set_pss(key_context, hash))
		return false;
	return EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

}  // namespace sluice::identity
