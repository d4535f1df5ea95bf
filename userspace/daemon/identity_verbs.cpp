#include "daemon/identity_verbs.h"

#include "control/peer.h"
#include "daemon/undo_verbs.h"

namespace sluice::daemon {

using control::at_once;
using control::Request;
using control::Response;

void IdentityVerbs::add_to(control::Server& server)
{
	server.route("GET", "/v1/identities", at_once([this](const Request&) { return list(); }));
	server.route("POST", "/v1/identities/revoke", at_once([this](const Request& request) { return revoke(request); }));
	server.route("POST", "/v1/identities/restore", at_once([this](const Request& request) { return restore(request); }));
}

Result<Response> IdentityVerbs::list() const
{
	const datapath::Running* running = policies_.running();
	return Response::json(control::to_json(leasing_.list(running != nullptr ? running->roles : std::vector<sluice_name>())));
}

Result<Response> IdentityVerbs::revoke(const Request& request)
{
	SLUICE_TRY_ASSIGN(const auto wanted, control::parse_revoke_request(request.body));
	SLUICE_TRY_ASSIGN(const std::size_t ended, leasing_.revoke(wanted, caller_of(request, {}).user));
	return Response::json(control::to_json(control::RevokeReply{wanted.identity, ended}));
}

Result<Response> IdentityVerbs::restore(const Request& request)
{
	SLUICE_TRY_ASSIGN(const auto wanted, control::parse_restore_request(request.body));
	SLUICE_TRY(leasing_.restore(wanted.identity, caller_of(request, {}).user));
	return Response::json({{"restored", wanted.identity}});
}

}  // namespace sluice::daemon
