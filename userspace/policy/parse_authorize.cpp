// The authorization endpoint; IdentityReader's own part.
#include "policy/parse_identity.h"

namespace sluice::policy {
namespace {

constexpr const char* kDefaultSocket = "/run/sluice/authorize.sock";
constexpr std::size_t kLongestSocket = 107;  // sun_path
constexpr std::size_t kLongestHeader = 64;

// A field name of HTTP (RFC 9110, 5.1).
bool is_field_name(const std::string& text)
{
	constexpr const char* kToken = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	return !text.empty() && text.size() <= kLongestHeader && text.find_first_not_of(kToken) == std::string::npos;
}

}  // namespace

void IdentityReader::read_demand(const Yaml& node, bool& needs_token, bool& takes_unbound_tokens)
{
	if (const Yaml* token = node.find("token"))
		needs_token = read_word(findings_, *token, "token", {"needed", "optional"}) == "needed";
	if (const Yaml* unbound = node.find("unbound-tokens"))
		takes_unbound_tokens = read_word(findings_, *unbound, "unbound-tokens", {"refused", "accepted"}) == "accepted";
}

// {users: [www-data], groups: [gateways]}
void IdentityReader::read_callers(const Yaml& node, Authorization& authorization)
{
	if (!check_mapping(findings_, node, "callers", {"users", "groups"}))
		return;
	if (const Yaml* users = node.find("users"))
		authorization.users = read_texts(*users, "users");
	if (const Yaml* groups = node.find("groups"))
		authorization.groups = read_texts(*groups, "groups");
	if (node.find("users") == nullptr && node.find("groups") == nullptr)
		findings_.error(node, "callers names neither users nor groups", "write callers: {users: [www-data]}");
}

// {header: X-Api-Key, requests: 100/m, burst: 20}; of each-identity without a header.
void IdentityReader::read_request_limit(const Yaml& node, std::string_view key, std::vector<RequestLimit>& limits)
{
	const bool by_header = key == "each-key";
	RequestLimit made;
	if (const Yaml* header = by_header ? node.find("header") : nullptr) {
		made.header = read_text(findings_, *header, "header").value_or("");
		if (!is_field_name(made.header))
			findings_.error(*header, "header is no name of an HTTP header", "such as header: X-Api-Key");
	} else if (by_header && node.kind == Yaml::Kind::kMapping) {
		findings_.error(node, "each-key has no header", "name the one that holds the key: header: X-Api-Key");
	}
	auto limit = limits_.read_requests(node, key, by_header);
	if (!limit)
		return;
	made.limit = *std::move(limit);
	limits.push_back(std::move(made));
}

Authorization IdentityReader::read_authorization(const Yaml& node)
{
	Authorization authorization;
	authorization.place = findings_.place(node);
	authorization.socket = kDefaultSocket;
	if (!check_mapping(findings_, node, "authorize", {"socket", "callers", "token", "unbound-tokens", "anonymous", "each-key", "each-identity"}))
		return authorization;
	if (const Yaml* socket = node.find("socket")) {
		authorization.socket = read_text(findings_, *socket, "socket").value_or(kDefaultSocket);
		if (!authorization.socket.starts_with('/') || authorization.socket.size() > kLongestSocket)
			findings_.error(*socket, "socket is no absolute path of at most " + std::to_string(kLongestSocket) + " bytes",
					std::string("such as ") + kDefaultSocket);
	}
	if (const Yaml* callers = node.find("callers"))
		read_callers(*callers, authorization);
	else
		findings_.error(node, "authorize has no callers", "name the users that the gateways run as: callers: {users: [www-data]}");
	read_demand(node, authorization.needs_token, authorization.takes_unbound_tokens);
	if (const Yaml* anonymous = node.find("anonymous"))
		authorization.takes_anonymous = read_word(findings_, *anonymous, "anonymous", {"refused", "accepted"}) == "accepted";
	for (const std::string_view key : {"each-key", "each-identity"}) {
		if (const Yaml* limit = node.find(key))
			read_request_limit(*limit, key, authorization.limits);
	}
	return authorization;
}

}  // namespace sluice::policy
