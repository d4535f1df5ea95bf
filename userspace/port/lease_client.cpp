#include "port/lease_client.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <exception>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include "identity/certificate.h"
#include "identity/json.h"
#include "identity/ossl.h"
#include "net/digits.h"
#include "port/lease_http.h"
#include "port/stream.h"

namespace sluice::port {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using TlsStream = asio::ssl::stream<beast::tcp_stream>;

constexpr std::size_t kMostAnswerBytes = 64u << 10;

Error unusable(const std::string& what, const std::string& advice = {})
{
	return Error(ErrorCode::kInvalid, what, advice);
}

Result<void> trust(SSL_CTX* context, const LeaseServer& server)
{
	if (!server.authorities) {
		if (SSL_CTX_set_default_verify_paths(context) != 1)
			return unusable("the system's authorities: " + identity::last_ossl_error());
		return {};
	}
	auto authorities = identity::parse_certificates(*server.authorities);
	if (!authorities)
		return std::move(authorities).error().within("the server's authorities");
	for (const identity::Certificate& authority : *authorities) {
		if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) != 1)
			return unusable("the server's authorities: " + identity::last_ossl_error());
	}
	// One that is given is trusted whether or not it signed itself.
	X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
	return {};
}

Result<void> show(SSL_CTX* context, const LeasePapers& papers)
{
	auto chain = identity::parse_certificates(papers.certificate);
	if (!chain)
		return std::move(chain).error().within("the certificate");
	const identity::BioPtr bio = identity::bio_over(identity::bytes_of(papers.key));
	const auto no_passphrase = [](char*, int, int, void*) { return -1; };
	const identity::KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
	if (!key) {
		identity::forget_ossl_errors();
		return unusable("the key: no private key as PEM, or an encrypted one");
	}
	if (SSL_CTX_use_certificate(context, chain->front().get()) != 1)
		return unusable("the certificate: " + identity::last_ossl_error());
	for (std::size_t i = 1; i < chain->size(); i++)
		SSL_CTX_add1_chain_cert(context, (*chain)[i].get());
	if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
		identity::forget_ossl_errors();
		return unusable("the key is not the certificate's", "are the two files being replaced?");
	}
	return {};
}

Result<std::unique_ptr<asio::ssl::context>> context_of(const LeaseServer& server, const LeasePapers& papers)
{
	auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
	SSL_CTX* native = context->native_handle();
	SSL_CTX_set_min_proto_version(native, TLS1_3_VERSION);
	SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
	SLUICE_TRY(trust(native, server));
	SLUICE_TRY(show(native, papers));
	return context;
}

// The name that is sent, and that the certificate has to have.
void expect_name(SSL* ssl, const std::string& name)
{
	if (net::Address::parse(name)) {
		X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str());
		return;
	}
	SSL_set_tlsext_host_name(ssl, name.c_str());
	SSL_set1_host(ssl, name.c_str());
}

Error unreachable(const std::string& what, const boost::system::error_code& error)
{
	return Error(ErrorCode::kUnreachable, what + ": " + (error == beast::error::timeout ? "no answer in time" : error.message()));
}

Error failed_handshake(SSL* ssl, const boost::system::error_code& error)
{
	const long verified = SSL_get_verify_result(ssl);
	if (verified != X509_V_OK)
		return Error(ErrorCode::kDenied, std::string("the server's certificate is not believed: ") + X509_verify_cert_error_string(verified),
			     "--ca names its authority, --server-name the name in it");
	return unreachable("shake hands", error);
}

HttpRequest request_of(const LeaseServer& server, const LeasePapers& papers, Bind bind)
{
	HttpRequest request(http::verb::post, "/v1/lease", 11);
	request.set(http::field::host, server.name.empty() ? server.host : server.name);
	request.set(http::field::content_type, "application/json");
	request.keep_alive(false);
	if (!papers.token.empty())
		request.set(http::field::authorization, "Bearer " + papers.token);
	request.body() = std::string("{\"bind\":\"") + name_of(bind) + "\"}";
	request.prepare_payload();
	return request;
}

std::uint64_t count_in(const nlohmann::json& json, const char* name)
{
	const auto at = json.find(name);
	return at != json.end() && at->is_number_unsigned() ? at->get<std::uint64_t>() : 0;
}

std::string text_in(const nlohmann::json& json, const char* name)
{
	const std::string* text = identity::string_member(json, name);
	return text == nullptr ? "" : *text;
}

Result<LeaseReply> meaning_of(const HttpResponse& response)
{
	const Error strange(ErrorCode::kUnreachable, "the answer is not an identity port's (HTTP " + std::to_string(response.result_int()) + ")");
	const auto json = identity::parse_json_object(response.body());
	if (!json)
		return strange;
	if (response.result() == http::status::ok) {
		Lease lease{text_in(*json, "identity"), text_in(*json, "binding"), count_in(*json, "seconds"), count_in(*json, "renew_after_seconds"), false};
		const auto renewed = json->find("renewed");
		lease.renewed = renewed != json->end() && renewed->is_boolean() && renewed->get<bool>();
		return lease.binding.empty() || lease.seconds == 0 ? Result<LeaseReply>(strange) : LeaseReply(std::move(lease));
	}
	LeaseRefusal refusal{response.result_int(), text_in(*json, "refused"), text_in(*json, "sentence"), 0};
	std::string_view wait(response[http::field::retry_after].data(), response[http::field::retry_after].size());
	refusal.retry_after_seconds = net::take_digits(wait, 3600).value_or(0);
	return refusal.refused.empty() ? Result<LeaseReply>(strange) : LeaseReply(std::move(refusal));
}

asio::awaitable<Result<LeaseReply>> exchange(TlsStream& stream, const LeaseServer& server, HttpRequest request, std::chrono::milliseconds timeout)
{
	auto& lowest = beast::get_lowest_layer(stream);
	lowest.expires_after(timeout);
	tcp::resolver resolver(stream.get_executor());
	const auto [unknown, places] = co_await resolver.async_resolve(server.host, std::to_string(server.port), kNow);
	if (unknown)
		co_return unreachable("find " + server.host, unknown);
	const auto [refused, place] = co_await lowest.async_connect(places, kNow);
	if (refused)
		co_return unreachable("connect to " + server.host, refused);
	boost::system::error_code ignored;
	lowest.socket().set_option(tcp::no_delay(true), ignored);
	const auto [unshaken] = co_await stream.async_handshake(asio::ssl::stream_base::client, kNow);
	if (unshaken)
		co_return failed_handshake(stream.native_handle(), unshaken);
	co_await http::async_write(stream, request, kNow);
	// A server that does not like the certificate says so after the handshake, in place of an answer.
	http::response_parser<http::string_body> parser;
	parser.body_limit(kMostAnswerBytes);
	beast::flat_buffer buffer;
	const auto [lost, size] = co_await http::async_read(stream, buffer, parser, kNow);
	if (lost)
		co_return unreachable("read the answer", lost);
	co_return meaning_of(parser.get());
}

asio::awaitable<void> keep(asio::awaitable<Result<LeaseReply>> work, std::optional<Result<LeaseReply>>& outcome)
{
	outcome.emplace(co_await std::move(work));
}

void rethrow(std::exception_ptr failure)
{
	if (failure)
		std::rethrow_exception(failure);
}

}  // namespace

Result<LeaseServer> parse_lease_server(const std::string& text)
{
	const Error wrong(ErrorCode::kInvalid, net::quoted(text) + " is no server", "write HOST:PORT or [2001:db8::1]:PORT, such as gate.example:8440");
	const auto colon = text.rfind(':');
	if (colon == std::string::npos || colon == 0)
		return wrong;
	std::string_view digits = std::string_view(text).substr(colon + 1);
	const auto port = net::take_digits(digits, 65535);
	if (!port || *port == 0 || !digits.empty())
		return wrong;
	LeaseServer server;
	server.host = text.substr(0, colon);
	server.port = static_cast<std::uint16_t>(*port);
	const bool bracketed = server.host.size() > 2 && server.host.front() == '[' && server.host.back() == ']';
	if (bracketed)
		server.host = server.host.substr(1, server.host.size() - 2);
	if (bracketed != (server.host.find(':') != std::string::npos))
		return wrong;
	return server;
}

Result<LeaseReply> ask_for_lease(const LeaseServer& server, const LeasePapers& papers, Bind bind, std::chrono::milliseconds timeout)
{
	std::optional<Result<LeaseReply>> outcome;
	try {
		SLUICE_TRY_ASSIGN(const auto context, context_of(server, papers));
		asio::io_context loop;
		TlsStream stream(loop, *context);
		expect_name(stream.native_handle(), server.name.empty() ? server.host : server.name);
		asio::co_spawn(loop, keep(exchange(stream, server, request_of(server, papers, bind), timeout), outcome), rethrow);
		loop.run();
	} catch (const std::exception& failure) {
		return Error(ErrorCode::kFailed, std::string("ask for a lease: ") + failure.what());
	}
	if (!outcome)
		return Error(ErrorCode::kFailed, "ask for a lease: no outcome");
	return std::move(*outcome);
}

}  // namespace sluice::port
