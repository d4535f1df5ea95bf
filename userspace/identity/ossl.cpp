#include "identity/ossl.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <limits>

namespace sluice::identity {

void forget_ossl_errors()
{
	ERR_clear_error();
}

std::string last_ossl_error()
{
	const char* reason = ERR_reason_error_string(ERR_peek_last_error());
	std::string sentence = reason != nullptr ? reason : "OpenSSL gives no reason";
	ERR_clear_error();
	return sentence;
}

bool ended_without_pem_block()
{
	const unsigned long error = ERR_peek_last_error();
	const bool ended = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
	if (ended)
		ERR_clear_error();
	return ended;
}

Refused ossl_failure()
{
	return {Refusal::kInternal, last_ossl_error()};
}

Checked<Digest> sha256(ByteView bytes)
{
	Digest digest{};
	if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
		return ossl_failure();
	return digest;
}

bool equal_in_constant_time(ByteView one, ByteView other)
{
	return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

BioPtr bio_over(ByteView bytes)
{
	if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
		return nullptr;
	return BioPtr(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

}  // namespace sluice::identity
