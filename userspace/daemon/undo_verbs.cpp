#include "daemon/undo_verbs.h"

namespace sluice::daemon {

using control::Request;
using control::Respond;
using control::Response;

namespace {

Response as_response(Result<Response> response)
{
	return response ? std::move(*response) : Response::error(response.error());
}

control::HistoryRow row_of(const Ledger& ledger, const Entry& entry, const Entry* older)
{
	control::HistoryRow row;
	row.generation = entry.generation;
	row.digest = entry.digest;
	row.path = entry.path;
	row.unix_ns = entry.unix_ns;
	row.cause = cause_name(entry.cause);
	row.fate = fate_name(entry.fate);
	row.caller = entry.caller;
	row.holds = entry.inventory;
	if (older != nullptr)
		row.held_before = older->inventory;
	if (const Entry* restored = ledger.find(entry.restores))
		row.restores = restored->generation;
	row.kept = !entry.copy.empty();
	return row;
}

}  // namespace

control::Caller caller_of(const Request& request, const std::optional<control::Session>& session)
{
	return {request.peer.uid, control::user_name(request.peer.uid), session ? control::peer_text(*session) : ""};
}

Policies::Reply answer_with(const Respond& respond)
{
	return [respond](const Result<control::ApplyReply>& reply) {
		if (!reply)
			respond(Response::error(reply.error()));
		else if (const auto* diagnostics = std::get_if<policy::Diagnostics>(&*reply))
			respond(Response::json(control::to_json(*diagnostics), 422));
		else
			respond(Response::json(control::to_json(std::get<control::Applied>(*reply))));
	};
}

void UndoVerbs::add_to(control::Server& server)
{
	server.route("POST", "/v1/confirm", [this](const Request&, const Respond& respond) { respond(as_response(confirm())); });
	server.route("POST", "/v1/promote", [this](const Request& request, const Respond& respond) { promote(request, respond); });
	server.route("POST", "/v1/rollback", [this](const Request& request, const Respond& respond) { rollback(request, respond); });
	server.route("GET", "/v1/history", [this](const Request&, const Respond& respond) { respond(as_response(history())); });
}

Result<Response> UndoVerbs::confirm()
{
	SLUICE_TRY_ASSIGN(const auto confirmed, policies_.confirm());
	return Response::json(control::to_json(confirmed));
}

void UndoVerbs::promote(const Request& request, const Respond& respond)
{
	const auto wanted = control::parse_promote_request(request.body);
	if (!wanted) {
		respond(Response::error(wanted.error()));
		return;
	}
	policies_.promote(*wanted, answer_with(respond), caller_of(request, wanted->session));
}

void UndoVerbs::rollback(const Request& request, const Respond& respond)
{
	const auto wanted = control::parse_rollback_request(request.body);
	if (!wanted) {
		respond(Response::error(wanted.error()));
		return;
	}
	policies_.rollback(answer_with(respond), caller_of(request, wanted->session));
}

Result<Response> UndoVerbs::history() const
{
	const Ledger& ledger = policies_.ledger();
	control::History history;
	for (std::size_t i = ledger.entries.size(); i > 0; i--)
		history.rows.push_back(row_of(ledger, ledger.entries[i - 1], i > 1 ? &ledger.entries[i - 2] : nullptr));
	history.waiting = policies_.waiting();
	return Response::json(control::to_json(history));
}

}  // namespace sluice::daemon
