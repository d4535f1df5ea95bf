#include "cli/render.h"

#include "cli/applied.h"
#include "cli/apply_progress.h"
#include "telemetry/timestamp.h"
#include "text/number.h"
#include "text/table.h"

namespace sluice::cli {
namespace {

using control::Json;
using text::Align;
using text::Cell;
using text::Colour;
using text::Style;
using text::Table;

// A line of `status`: the word in a column of its own.
std::string line(const Style& style, const std::string& word, const std::string& rest)
{
	const std::string blanks(word.size() < 12 ? 12 - word.size() : 1, ' ');
	return style.paint(Colour::kBold, word) + blanks + rest + "\n";
}

std::string interfaces(const control::Status& status, const Style& style)
{
	if (status.interfaces.empty())
		return line(style, "interfaces", "none (attach one with `sluice attach IF`)");
	std::string out;
	for (const auto& interface : status.interfaces) {
		const bool behind = interface.generation != status.generation;
		const std::string note = behind ? style.paint(Colour::kYellow, ", generation " + std::to_string(interface.generation)) : "";
		out += line(style, out.empty() ? "interfaces" : "", interface.name + ", " + control::mode_name(interface.mode) + note);
	}
	return out;
}

std::string policy(const control::Status& status, const Style& style)
{
	if (status.generation == 0)
		return line(style, "policy", "none installed");
	return line(style, "policy",
	            text::printable(status.policy_path) + ", generation " + std::to_string(status.generation) + ", " +
	                text::counted(status.prefixes, "prefix", "prefixes")) +
	       line(style, "installed", telemetry::timestamp(status.installed_unix_ns)) +
	       line(style, "digest", text::printable(status.digest));
}

std::string sentence(const control::LeaseUse& use)
{
	return std::to_string(use.leases) + " of " + std::to_string(use.lease_room) + ", of " + std::to_string(use.identities) + " identities of " +
	       std::to_string(use.identity_room) + "; " + std::to_string(use.revoked) + " revoked";
}

std::string sentence(const control::Cookies& cookies)
{
	std::string out = !cookies.ready ? "not sent" : cookies.last_sent_ago_ns ? "sent " + text::duration(*cookies.last_sent_ago_ns) + " ago" : "ready, none sent";
	return out + "; " + std::to_string(cookies.taken) + " handshakes completed by one, " + std::to_string(cookies.refused) + " refused by the stack";
}

std::string text_of(const Json& event, const char* name)
{
	const auto field = event.find(name);
	if (field == event.end() || field->is_null())
		return "";
	return text::printable(field->is_string() ? field->get<std::string>() : field->dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string endpoint(const std::string& address, const std::string& port)
{
	if (port.empty() || port == "0")
		return address;
	const bool is_ipv6 = address.find(':') != std::string::npos;
	return (is_ipv6 ? "[" + address + "]" : address) + ":" + port;
}

std::string drop(const Json& event, const Style& style)
{
	const bool observed = text_of(event, "observed") == "true";
	const std::string verdict = observed ? style.paint(Colour::kYellow, "would drop") : style.paint(Colour::kRed, "drop");
	const std::string service = text_of(event, "service");
	const std::string interface = text_of(event, "interface");
	return verdict + "  " + text_of(event, "reason") + "  " + endpoint(text_of(event, "source"), text_of(event, "source_port")) +
	       " > " + endpoint(text_of(event, "destination"), text_of(event, "destination_port")) + "  " +
	       text_of(event, "protocol") + "  " + text_of(event, "length") + " B" +
	       (service.empty() || service == "-" ? "" : "  service " + service) + (interface.empty() ? "" : "  on " + interface);
}

// What was done, where the event says it; then what it was done to, "name value" each.
std::string other(const Json& event)
{
	const std::string action = text_of(event, "action");
	std::string out = action.empty() ? "" : " " + action;
	for (const auto& [name, value] : event.items()) {
		if (name == "at" || name == "kind" || name == "sequence" || name == "action" || value.is_null())
			continue;
		out += "  " + text::printable(name) + " " + text_of(event, name.c_str());
	}
	return out;
}

}  // namespace

std::string render(const control::Status& status, const Style& style)
{
	const auto& rates = status.rates;
	const bool observing = status.mode == policy::Mode::kObserve;
	const std::string health = status.degraded ? style.paint(Colour::kRed, "degraded") : style.paint(Colour::kGreen, "ok");
	std::string out = line(style, "sluiced", text::printable(status.version) + ", up " + text::duration(status.uptime_ns));
	out += line(style, "health", health);
	out += line(style, "mode",
	            (observing ? style.paint(Colour::kYellow, "observe") + " (nothing is dropped)" : std::string("enforce")) +
	                ", default " + (status.default_action == policy::Action::kDeny ? "deny" : "allow"));
	out += policy(status, style) + interfaces(status, style);
	out += line(style, "rates",
	            text::scaled(static_cast<double>(rates.packets_per_second)) + " packets/s, passed " +
	                text::scaled(static_cast<double>(rates.passed_per_second)) + ", dropped " +
	                text::scaled(static_cast<double>(rates.dropped_per_second)) + "; " +
	                text::bit_rate(static_cast<double>(rates.bits_per_second)));
	out += line(style, "memory", "kernel " + text::bytes(status.kernel_bytes) + ", daemon " + text::bytes(status.daemon_bytes));
	if (status.cookies)
		out += line(style, "cookies", sentence(*status.cookies));
	if (status.leases)
		out += line(style, "leases", sentence(*status.leases));
	if (status.waiting)
		out += line(style, "waiting", style.paint(Colour::kYellow, sentence(*status.waiting)));
	if (status.shadow)
		out += line(style, "shadow", style.paint(Colour::kYellow, sentence(*status.shadow)));
	if (status.applying)
		out += line(style, "applying", sentence(*status.applying, style));
	for (const auto& warning : status.warnings)
		out += line(style, "warning", style.paint(Colour::kYellow, text::printable(warning)));
	return out;
}

std::string render(const std::vector<control::BanRow>& bans, const Style& style)
{
	Table table({{"PREFIX"}, {"LEFT", Align::kRight}, {"SINCE"}, {"WHY"}});
	for (const auto& ban : bans)
		table.add({ban.prefix.to_string(), ban.remaining_ns ? text::duration(*ban.remaining_ns) : "for ever",
		           telemetry::timestamp(ban.created_unix_ns), text::printable(ban.why)});
	return table.empty() ? "no bans\n" : table.to_string(style);
}

std::string render(const policy::Diagnostics& diagnostics, const Style& style)
{
	std::string out;
	for (const auto& diagnostic : diagnostics) {
		const Colour colour = diagnostic.severity == policy::Severity::kError ? Colour::kRed : Colour::kYellow;
		out += style.paint(colour, text::printable(diagnostic.to_string())) + "\n";
	}
	return out;
}

std::string render_event(const Json& event, const Style& style)
{
	if (!event.is_object())
		return print_json_line(event);
	const std::string kind = text_of(event, "kind");
	const std::string at = style.paint(Colour::kDim, text_of(event, "at"));
	if (kind == "drop")
		return at + "  " + drop(event, style) + "\n";
	return at + "  " + style.paint(Colour::kBold, kind) + other(event) + "\n";
}

std::string print_json(const Json& json)
{
	return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string print_json_line(const Json& json)
{
	return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sluice::cli
