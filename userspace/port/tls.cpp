#include "port/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <boost/asio/ssl/error.hpp>

#include "identity/certificate.h"
#include "identity/ossl.h"
#include "port/reason.h"

namespace sluice::port {
namespace {

// Beyond it the handshake is over before the chain is read; the caps that count are identity's.
constexpr long kMostHandshakeChain = 64 << 10;

using ContextPtr = std::unique_ptr<SSL_CTX, identity::Freed<SSL_CTX_free>>;

int accept_every_chain(X509_STORE_CTX*, void*)
{
	return 1;
}

// Nobody is there to type one.
int no_passphrase(char*, int, int, void*)
{
	return -1;
}

Error wrong(const File& file, const std::string& what, const std::string& advice = {})
{
	return Error(ErrorCode::kInvalid, file.path + ": " + what, advice);
}

Result<void> check_read(const File& file)
{
	return file.problem.empty() ? Result<void>() : wrong(file, file.problem);
}

Result<identity::Moment> use_certificate(SSL_CTX* context, const File& file)
{
	SLUICE_TRY(check_read(file));
	auto chain = identity::parse_certificates(file.text);
	if (!chain)
		return std::move(chain).error().within(file.path);
	if (SSL_CTX_use_certificate(context, chain->front().get()) != 1)
		return wrong(file, identity::last_ossl_error());
	for (std::size_t i = 1; i < chain->size(); i++) {
		if (SSL_CTX_add1_chain_cert(context, (*chain)[i].get()) != 1)
			return wrong(file, identity::last_ossl_error());
	}
	return chain->front().until();
}

Result<void> use_key(SSL_CTX* context, const File& file, const File& certificate)
{
	SLUICE_TRY(check_read(file));
	const identity::BioPtr bio = identity::bio_over(identity::bytes_of(file.text));
	const identity::KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
	if (!key) {
		identity::forget_ossl_errors();
		return wrong(file, "no private key as PEM, or an encrypted one", "openssl pkey -in KEY takes its passphrase off");
	}
	if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
		identity::forget_ossl_errors();
		return wrong(file, "not the key of " + certificate.path);
	}
	return {};
}

}  // namespace

Result<ServerTls> make_server_tls(const File& certificate, const File& key)
{
	ContextPtr context(SSL_CTX_new(TLS_server_method()));
	if (!context)
		return Error(ErrorCode::kFailed, "TLS: " + identity::last_ossl_error());
	SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
	SSL_CTX_set_max_proto_version(context.get(), TLS1_3_VERSION);
	SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(context.get(), 0);
	SSL_CTX_set_max_early_data(context.get(), 0);
	SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
	SSL_CTX_set_max_cert_list(context.get(), kMostHandshakeChain);
	SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
	SSL_CTX_set_cert_verify_callback(context.get(), accept_every_chain, nullptr);
	SLUICE_TRY_ASSIGN(const identity::Moment until, use_certificate(context.get(), certificate));
	SLUICE_TRY(use_key(context.get(), key, certificate));
	return ServerTls{std::make_shared<boost::asio::ssl::context>(context.release()), until};
}

std::vector<identity::Bytes> chain_of(SSL* ssl)
{
	std::vector<identity::Bytes> chain;
	const auto add = [&chain](X509* certificate) {
		unsigned char* der = nullptr;
		const int size = i2d_X509(certificate, &der);
		if (size > 0)
			chain.emplace_back(der, der + size);
		OPENSSL_free(der);
	};
	X509* own = SSL_get0_peer_certificate(ssl);
	if (own == nullptr)
		return chain;
	add(own);
	const STACK_OF(X509)* others = SSL_get_peer_cert_chain(ssl);  // of a server: without the peer's own
	for (int i = 0; others != nullptr && i < sk_X509_num(others); i++)
		add(sk_X509_value(others, i));
	return chain;
}

HandshakeFailure explain_handshake(const boost::system::error_code& error)
{
	if (error.category() != boost::asio::error::get_ssl_category())
		return {name_of(Reason::kTlsFailed), "the connection ended"};
	const auto code = static_cast<unsigned long>(error.value());
	const char* sentence = ERR_reason_error_string(code);
	const std::string detail = sentence == nullptr ? "no TLS" : sentence;
	switch (ERR_GET_REASON(code)) {
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_VERSION_TOO_LOW:
	case SSL_R_UNKNOWN_PROTOCOL:
		return {name_of(Reason::kTlsVersion), detail};
	case SSL_R_EXCESSIVE_MESSAGE_SIZE:
		return {identity::name_of(identity::Refusal::kChainTooLarge), detail};
	default:
		return {name_of(Reason::kTlsFailed), detail};
	}
}

}  // namespace sluice::port
