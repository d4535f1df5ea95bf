#include "telemetry/prometheus.h"

#include "telemetry/reasons.h"
#include "telemetry/stats.h"

namespace sluice::telemetry {
namespace {

// Backslash, quote and line feed are escaped in label values; nothing else is.
std::string escaped(const std::string& value)
{
	std::string out;
	for (const char c : value) {
		if (c == '\n') {
			out += "\\n";
			continue;
		}
		if (c == '\\' || c == '"')
			out += '\\';
		out += c;
	}
	return out;
}

}  // namespace

Metric::Metric(std::string name, const char* type, const char* help)
    : name_(std::move(name)), text_("# HELP " + name_ + " " + help + "\n# TYPE " + name_ + " " + type + "\n")
{
}

void Metric::add(const Labels& labels, std::uint64_t value)
{
	add(labels, std::to_string(value));
}

void Metric::add(const Labels& labels, const std::string& value)
{
	std::string list;
	for (const auto& [label, text] : labels)
		list += (list.empty() ? "" : ",") + label + "=\"" + escaped(text) + "\"";
	text_ += name_ + (list.empty() ? "" : "{" + list + "}") + " " + value + "\n";
}

std::string to_prometheus(const Stats& stats)
{
	Metric packets("sluice_packets_total", "counter", "Packets by service, reason and verdict.");
	Metric bytes("sluice_bytes_total", "counter", "Bytes of whole frames by service, reason and verdict.");
	for (const auto& service : stats.services) {
		for (const auto& row : service.reasons) {
			const Metric::Labels labels{{"service", service.service},
			                            {"reason", reason_name(row.reason)},
			                            {"verdict", verdict_name(row.reason)}};
			packets.add(labels, row.count.packets);
			bytes.add(labels, row.count.bytes);
		}
	}
	Metric rule_packets("sluice_rule_packets_total", "counter", "Packets that a list, failsafe entry or limit decided.");
	Metric rule_bytes("sluice_rule_bytes_total", "counter", "Bytes that a list, failsafe entry or limit decided.");
	for (const auto& row : stats.rules) {
		const Metric::Labels labels{{"rule", row.rule}, {"kind", row.kind}};
		rule_packets.add(labels, row.count.packets);
		rule_bytes.add(labels, row.count.bytes);
	}
	Metric lost("sluice_events_lost_total", "counter", "Events that were not written.");
	lost.add({}, stats.events_lost);
	return packets.text() + bytes.text() + rule_packets.text() + rule_bytes.text() + lost.text() +
	       (stats.shadow ? to_prometheus(*stats.shadow) : "");
}

}  // namespace sluice::telemetry
