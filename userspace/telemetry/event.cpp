#include "telemetry/event.h"

#include "net/protocol.h"
#include "telemetry/reasons.h"
#include "telemetry/timestamp.h"

namespace sluice::telemetry {
namespace {

using nlohmann::json;

json text_or_null(const std::string& text)
{
	return text.empty() ? json(nullptr) : json(text);
}

json fields(const DropEvent& event)
{
	return {{"kind", "drop"},
	        {"reason", reason_name(event.reason)},
	        {"source", event.source.to_string()},
	        {"source_port", event.source_port},
	        {"destination", event.destination.to_string()},
	        {"destination_port", event.destination_port},
	        {"protocol", net::Protocol{event.protocol}.to_string()},
	        {"service", event.service},
	        {"rule", event.rule},
	        {"length", event.length},
	        {"interface", event.interface},
	        {"generation", event.generation},
	        {"observed", event.observed},
	        {"identity", text_or_null(event.identity)}};
}

json fields(const BanEvent& event)
{
	return {{"kind", "ban"},
	        {"prefix", event.prefix.to_string()},
	        {"expires_at", event.expires_unix_ns ? json(timestamp(*event.expires_unix_ns)) : json(nullptr)},
	        {"why", event.why}};
}

json fields(const UnbanEvent& event)
{
	return {{"kind", "unban"}, {"prefix", event.prefix.to_string()}};
}

json fields(const PolicyEvent& event)
{
	return {{"kind", "policy"},
	        {"action", event.failure.empty() ? "installed" : "refused"},
	        {"cause", event.cause},
	        {"path", event.path},
	        {"generation", event.generation},
	        {"digest", event.digest},
	        {"failure", event.failure.empty() ? json(nullptr) : json(event.failure)}};
}

json fields(const ShadowEvent& event)
{
	return {{"kind", "shadow"}, {"action", event.began ? "began" : "dropped"}, {"path", event.path}, {"digest", event.digest}};
}

json fields(const InterfaceEvent& event)
{
	return {{"kind", "interface"},
	        {"action", event.attached ? "attached" : "detached"},
	        {"name", event.name},
	        {"index", event.index},
	        {"mode", event.mode.empty() ? json(nullptr) : json(event.mode)}};
}

json fields(const OverlayEvent& event)
{
	return {{"kind", "overlay"},
	        {"action", event.action},
	        {"prefix", event.prefix.to_string()},
	        {"expires_at", event.expires_unix_ns ? json(timestamp(*event.expires_unix_ns)) : json(nullptr)},
	        {"uid", event.uid},
	        {"why", event.why}};
}

json fields(const ListEvent& event)
{
	return {{"kind", "list"},
	        {"action", event.state},
	        {"list", event.list},
	        {"file", event.file},
	        {"entries", event.entries},
	        {"held_entries", event.held_entries ? json(*event.held_entries) : json(nullptr)}};
}

json fields(const LeaseEvent& event)
{
	return {{"kind", "lease"},
	        {"action", event.action},
	        {"identity", text_or_null(event.identity)},
	        {"binding", text_or_null(event.binding)},
	        {"reason", text_or_null(event.reason)}};
}

}  // namespace

json to_json(const Event& event)
{
	json out = std::visit([](const auto& what) { return fields(what); }, event.what);
	out["sequence"] = event.sequence;
	out["at"] = timestamp(event.unix_ns);
	return out;
}

}  // namespace sluice::telemetry
