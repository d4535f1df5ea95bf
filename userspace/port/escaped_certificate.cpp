#include "port/escaped_certificate.h"

#include <memory>
#include <optional>
#include <string>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "identity/credential.h"

namespace sluice::port {
namespace {

constexpr std::size_t kMostPemBytes = 2 * identity::kMaxChainBytes;

int value_of(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

// "+" stands for itself: base64 has it, and nginx escapes what else would be a blank.
std::optional<std::string> unescaped(std::string_view text)
{
	std::string out;
	out.reserve(text.size());
	for (std::size_t at = 0; at < text.size(); at++) {
		if (text[at] != '%') {
			out += text[at];
			continue;
		}
		const int high = at + 2 < text.size() ? value_of(text[at + 1]) : -1;
		const int low = at + 2 < text.size() ? value_of(text[at + 2]) : -1;
		if (high < 0 || low < 0)
			return std::nullopt;
		out += static_cast<char>(high << 4 | low);
		at += 2;
	}
	return out;
}

struct PemBlock {
	char* name = nullptr;
	char* header = nullptr;
	unsigned char* data = nullptr;
	long size = 0;

	PemBlock() = default;
	PemBlock(const PemBlock&) = delete;
	PemBlock& operator=(const PemBlock&) = delete;
	~PemBlock()
	{
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(data);
	}
	bool is_certificate() const { return std::string_view(name) == PEM_STRING_X509 && *header == '\0'; }
};

Error wrong(const char* what)
{
	ERR_clear_error();
	return Error(ErrorCode::kInvalid, std::string("the client's certificate is ") + what);
}

}  // namespace

Result<std::vector<identity::Bytes>> chain_of_escaped(std::string_view escaped)
{
	std::vector<identity::Bytes> chain;
	if (escaped.empty())
		return chain;
	const auto pem = unescaped(escaped);
	if (!pem || pem->find('\0') != std::string::npos)
		return wrong("no percent-encoded text");
	if (pem->size() > kMostPemBytes)
		return wrong("too long");
	const std::unique_ptr<BIO, int (*)(BIO*)> text(BIO_new_mem_buf(pem->data(), static_cast<int>(pem->size())), BIO_free);
	std::size_t bytes = 0;
	for (;;) {
		PemBlock block;
		if (PEM_read_bio(text.get(), &block.name, &block.header, &block.data, &block.size) != 1)
			break;
		bytes += static_cast<std::size_t>(block.size);
		if (!block.is_certificate())
			return wrong("something else");
		if (chain.size() == identity::kMaxChainCertificates || bytes > identity::kMaxChainBytes)
			return wrong("a chain that is too long");
		chain.emplace_back(block.data, block.data + block.size);
	}
	const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	ERR_clear_error();
	if (chain.empty() || !at_end)
		return wrong("no PEM, or cut off");
	return chain;
}

}  // namespace sluice::port
