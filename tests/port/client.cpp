#include "port/client.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace sluice::test {
namespace {

using ContextPtr = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using SslPtr = std::unique_ptr<SSL, decltype(&SSL_free)>;

sockaddr_in6 address_of(const std::string& text, std::uint16_t port)
{
	const auto address = net::Address::parse(text);
	EXPECT_TRUE(address) << text;
	sockaddr_in6 to{};
	to.sin6_family = AF_INET6;
	to.sin6_port = htons(port);
	std::memcpy(&to.sin6_addr, address->bytes().data(), 16);
	return to;
}

int count_ticket(SSL* ssl, SSL_SESSION*)
{
	static_cast<Reply*>(SSL_get_app_data(ssl))->tickets++;
	return 0;
}

// A session that no server gave.
int made_up_session(SSL*, const EVP_MD*, const unsigned char** id, std::size_t* size, SSL_SESSION** session)
{
	static constexpr unsigned char kId[] = "a ticket of nobody's";
	static constexpr unsigned char kSecret[32] = {1};
	SSL_SESSION* made = SSL_SESSION_new();
	const unsigned char aes_128_gcm_sha256[] = {0x13, 0x01};
	SSL* finder = SSL_new(SSL_CTX_new(TLS_client_method()));
	SSL_SESSION_set_cipher(made, SSL_CIPHER_find(finder, aes_128_gcm_sha256));
	SSL_SESSION_set1_master_key(made, kSecret, sizeof kSecret);
	SSL_SESSION_set_protocol_version(made, TLS1_3_VERSION);
	SSL_CTX* owned = SSL_get_SSL_CTX(finder);
	SSL_free(finder);
	SSL_CTX_free(owned);
	*id = kId;
	*size = sizeof kId;
	*session = made;
	return 1;
}

ContextPtr context_of(const Shown& shown)
{
	ContextPtr context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
	SSL_CTX_set_max_proto_version(context.get(), shown.highest_tls);
	SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
	SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT);
	SSL_CTX_sess_set_new_cb(context.get(), count_ticket);
	if (shown.psk)
		SSL_CTX_set_psk_use_session_callback(context.get(), made_up_session);
	if (shown.chain.empty())
		return context;
	EXPECT_EQ(1, SSL_CTX_use_certificate(context.get(), shown.chain[0].certificate.get()));
	const Key key = shown.key.value_or(shown.chain[0].key);
	EXPECT_EQ(1, SSL_CTX_use_PrivateKey(context.get(), key.get()));
	for (std::size_t i = 1; i < shown.chain.size(); i++)
		EXPECT_EQ(1, SSL_CTX_add1_chain_cert(context.get(), shown.chain[i].certificate.get()));
	return context;
}

std::string read_all(SSL* ssl)
{
	std::string all;
	char room[4096];
	for (int got = SSL_read(ssl, room, sizeof room); got > 0; got = SSL_read(ssl, room, sizeof room))
		all.append(room, static_cast<std::size_t>(got));
	return all;
}

void take_apart(const std::string& answer, Reply& reply)
{
	const auto head_end = answer.find("\r\n\r\n");
	if (!answer.starts_with("HTTP/1.1 ") || head_end == std::string::npos)
		return;
	reply.status = static_cast<unsigned>(std::stoul(answer.substr(9, 3)));
	for (auto begin = answer.find("\r\n") + 2; begin < head_end;) {
		const auto end = answer.find("\r\n", begin);
		const std::string line = answer.substr(begin, end - begin);
		const auto colon = line.find(": ");
		std::string name = line.substr(0, colon);
		std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
		reply.fields[name] = colon == std::string::npos ? "" : line.substr(colon + 2);
		begin = end + 2;
	}
	reply.body = nlohmann::json::parse(answer.substr(head_end + 4), nullptr, false);
}

std::string last_error()
{
	const char* reason = ERR_reason_error_string(ERR_peek_last_error());
	ERR_clear_error();
	return reason == nullptr ? "" : reason;
}

}  // namespace

Fd connect_from(const std::string& from, const net::Endpoint& to)
{
	Fd fd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
	const sockaddr_in6 here = address_of(from, 0);
	const sockaddr_in6 there = address_of(to.address.to_string(), *to.port);
	EXPECT_EQ(0, ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here)) << from << ": " << std::strerror(errno);
	const timeval patience{10, 0};
	const int on = 1;
	::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&there), sizeof there) != 0)
		return Fd();
	return fd;
}

std::string lease_request(const Shown& shown, const std::string& body)
{
	std::string request = "POST /v1/lease HTTP/1.1\r\nHost: port.example\r\n";
	if (!shown.token.empty())
		request += "Authorization: Bearer " + shown.token + "\r\n";
	return request + "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

void write_at_once(SSL* ssl, const std::string& request)
{
	SSL_write(ssl, request.data(), static_cast<int>(request.size()));
}

Reply ask(const std::string& from, const net::Endpoint& to, const Shown& shown, const std::string& request, const Write& write)
{
	const auto begun = std::chrono::steady_clock::now();
	Reply reply;
	const Fd fd = connect_from(from, to);
	reply.connected = static_cast<bool>(fd);
	const ContextPtr context = context_of(shown);
	const SslPtr ssl(SSL_new(context.get()), SSL_free);
	SSL_set_app_data(ssl.get(), &reply);
	SSL_set_fd(ssl.get(), fd.get());
	if (reply.connected && SSL_connect(ssl.get()) == 1) {
		reply.shaken = true;
		reply.resumed = SSL_session_reused(ssl.get()) == 1;
		write(ssl.get(), request);
		take_apart(read_all(ssl.get()), reply);
	}
	reply.error = last_error();
	reply.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
	return reply;
}

Reply ask(const std::string& from, const net::Endpoint& to, const Shown& shown)
{
	return ask(from, to, shown, lease_request(shown));
}

}  // namespace sluice::test
