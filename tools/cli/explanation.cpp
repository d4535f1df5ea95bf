#include "cli/explanation.h"

#include <map>

#include "cli/overlay.h"
#include "telemetry/timestamp.h"
#include "text/number.h"
#include "text/table.h"

namespace sluice::cli {
namespace {

using text::Colour;

constexpr std::size_t kNameWidth = 10;

std::string row(const std::string& name, const std::string& value)
{
	return name + std::string(kNameWidth - name.size(), ' ') + text::printable(value) + "\n";
}

std::string packet_line(const net::DescribedPacket& packet, const control::Explained& explained)
{
	return packet.protocol.to_string() + " " + packet.source.to_string() + " > " + packet.destination.to_string() +
	       (packet.syn ? ", SYN" : "") + (packet.fragment ? ", fragment" : "") + ", " + std::to_string(explained.length) + " bytes";
}

std::string rule_line(const control::Explained& explained)
{
	if (!explained.rule)
		return "none of its own";
	std::string line = *explained.rule + " (" + explained.rule_kind + ")";
	if (explained.rule_place)
		line += " at " + explained.rule_place->file + ":" + std::to_string(explained.rule_place->line);
	return line;
}

std::string source_line(const control::SourceSay& source)
{
	if (source.listed == "no")
		return source.address + ", on no list";
	std::string line = source.address + ", " + source.listed + " by " + source.list.value_or("a list");
	if (source.prefix)
		line += ": " + *source.prefix;
	if (source.file)
		line += " at " + *source.file + ":" + std::to_string(source.line);
	if (source.comment)
		line += " # " + *source.comment;
	if (source.note)
		line += " (" + *source.note + ")";
	return line;
}

std::string ban_line(const control::Explained& explained)
{
	if (!explained.ban)
		return "none";
	const control::BanRow& ban = *explained.ban;
	std::string line = ban.prefix.to_string();
	if (ban.expires_unix_ns && ban.remaining_ns)
		line += " until " + telemetry::timestamp(*ban.expires_unix_ns) + " (" + text::duration(*ban.remaining_ns) + " left)";
	else
		line += " until lifted";
	if (!ban.why.empty())
		line += ": " + ban.why;
	return explained.reason == "banned" ? line : line + "; it does not decide here";
}

std::string identity_line(const control::Explained& explained)
{
	if (!explained.identity)
		return "none";
	const control::IdentitySay& identity = *explained.identity;
	std::string line = identity.name + ", by its lease of " + identity.binding;
	if (identity.lease != "in-force")
		return line + ", which is " + identity.lease + ": the packet is nobody's";
	line += identity.roles.empty() ? ", without a role" : ", roles";
	for (const std::string& role : identity.roles)
		line += " " + role;
	return line;
}

// Why the packet was, or was not, taken at its source's word.
std::string path_line(const std::string& path)
{
	static const std::map<std::string, std::string> kSentences = {
	    {"connection", "proved: the packet belongs to a connection of this host"},
	    {"handshake", "claimed: a handshake is under way"},
	    {"kernel-cookie", "claimed: it brings back a SYN cookie of the kernel"},
	    {"cookie", "claimed: it brings back a SYN cookie of Sluice"},
	    {"follows-cookie", "claimed: it follows one that brought back a SYN cookie of Sluice"},
	    {"proved", "proved: this host had a connection with the source within 10 minutes"},
	    {"unproved", "unproved: it spends the service's budget"},
	    {"nobody", "none: no connection of this host, and nobody listens"},
	    {"forwarded", "not asked: this host forwards the packet"},
	};
	const auto found = kSentences.find(path);
	return found == kSentences.end() ? path : found->second;
}

// Requires an entry.
std::string overlay_line(const control::Explained& explained)
{
	const control::OverlayRow& entry = *explained.overlay;
	std::string line = std::string(control::action_name(entry.allow)) + " " + entry.prefix.to_string();
	if (entry.remaining_ns)
		line += ", " + text::duration(*entry.remaining_ns) + " left";
	line += ", by " + user_of(entry);
	if (!entry.why.empty())
		line += ": " + text::printable(entry.why);
	return explained.source.list == "overlay" ? line : line + "; a longer prefix of a list decides here";
}

std::string limits_table(const control::Explained& explained, const text::Style& style)
{
	using text::Align;
	if (explained.limits.empty())
		return row("limits", "none has a say");
	text::Table table({{"limit"}, {"counts"}, {"algorithm"}, {"rate", Align::kRight}, {"level", Align::kRight}, {"burst", Align::kRight},
	                   {"this packet", Align::kRight}, {""}});
	for (const auto& limit : explained.limits) {
		std::string says = "fits";
		if (limit.refuses)
			says = limit.recovers_in_ns ? "refuses for " + text::duration(*limit.recovers_in_ns) : "never fits";
		table.add({text::printable(limit.name), limit.unit, text::printable(limit.algorithm), limit.rate, style.count(limit.level), style.count(limit.burst),
		           style.count(limit.cost), text::Cell(says, limit.refuses ? Colour::kRed : Colour::kGreen)});
	}
	return "\n" + table.to_string(style);
}

}  // namespace

std::string render(const net::DescribedPacket& packet, const control::Explained& explained, const text::Style& style)
{
	const bool passes = explained.verdict != "drop";
	std::string out = style.paint(passes ? Colour::kGreen : Colour::kRed, text::printable(explained.verdict)) + "  " +
	                  style.paint(Colour::kBold, text::printable(explained.reason)) + ": " + text::printable(explained.sentence) + "\n\n";
	out += row("packet", packet_line(packet, explained));
	out += row("service", explained.service == "-" ? "none" : explained.service);
	out += row("rule", rule_line(explained));
	out += row("source", source_line(explained.source));
	if (explained.overlay)
		out += row("overlay", overlay_line(explained));
	out += row("identity", identity_line(explained));
	out += row("ban", ban_line(explained));
	if (explained.path != "not-asked")
		out += row("path", path_line(explained.path));
	if (explained.observed)
		out += row("mode", "observe: whatever the reason, it passes");
	if (explained.recovers_in_ns)
		out += row("passes in", text::duration(*explained.recovers_in_ns));
	out += limits_table(explained, style);
	return out;
}

}  // namespace sluice::cli
