// The authorization endpoint; IdentityReader's own part.
#include "policy/parse_identity.h"

namespace sluice::policy {
namespace {

constexpr const char* kDefaultSocket = "/run/sluice/authorize.sock";
constexpr std::size_t kLongestSocket = 107;  // sun_path

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

Authorization IdentityReader::read_authorization(const Yaml& node)
{
	Authorization authorization;
	authorization.place = findings_.place(node);
	authorization.socket = kDefaultSocket;
	if (!check_mapping(findings_, node, "authorize", {"socket", "callers", "token", "unbound-tokens"}))
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
	return authorization;
}

}  // namespace sluice::policy
