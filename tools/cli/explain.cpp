#include <memory>

#include "cli/answer.h"
#include "cli/command_line.h"
#include "cli/explanation.h"
#include "cli/render.h"
#include "control/client.h"

namespace sluice::cli {
namespace {

struct ExplainOptions {
	std::string source;
	std::string destination;
	std::string protocol = "tcp";
	bool syn = false;
	bool fragment = false;
	std::optional<std::uint8_t> icmp_type;
	std::uint32_t length = 0;
};

Result<net::DescribedPacket> packet_of(const ExplainOptions& options)
{
	net::DescribedPacket packet;
	SLUICE_TRY_ASSIGN(packet.source, net::Endpoint::parse(options.source));
	SLUICE_TRY_ASSIGN(packet.destination, net::Endpoint::parse(options.destination));
	SLUICE_TRY_ASSIGN(packet.protocol, net::Protocol::parse(options.protocol));
	packet.syn = options.syn;
	packet.fragment = options.fragment;
	packet.icmp_type = options.icmp_type;
	packet.length = options.length;
	// Whatever the daemon would refuse is wrong already here.
	SLUICE_TRY(net::frame_of(packet));
	return packet;
}

ExitCode run_explain(Context& context, const ExplainOptions& options)
{
	const auto packet = packet_of(options);
	if (!packet)
		return fail(context, "explain", packet.error());
	control::Client client(context.globals.socket);
	return show_answer(context, "explain", client.post("/v1/explain", control::to_json(*packet)), control::parse_explained,
	                   [&](const control::Explained& explained) { return render(*packet, explained, context.out.style()); });
}

}  // namespace

void add_explain(CommandLine& line)
{
	auto options = std::make_shared<ExplainOptions>();
	CLI::App& verb = line.add(
	    {.name = "explain",
	     .summary = "what would become of a packet now, and why",
	     .text = "Runs the packet that you describe through the program that judges packets, against bans and limits as\n"
	             "they are at this moment, and says what it would do and why: the rule, the file and line of the list\n"
	             "entry, a ban, how full each limit is, and when the packet would fit again. It charges no limit and\n"
	             "counts nowhere: asking changes nothing.",
	     .example = "  sluice explain --src 192.0.2.7 --dst 203.0.113.10:443 --syn\n"
	                "  sluice explain --src '[2001:db8::7]:40000' --dst '[2001:db8:10::1]:53' --protocol udp\n"
	                "  sluice --json explain --src 192.0.2.7 --dst 203.0.113.10 --protocol icmp | jq -r .reason\n"},
	    [options](Context& context) { return run_explain(context, *options); });
	verb.add_option("--src", options->source, "who sends it")->required()->type_name("ADDRESS[:PORT]");
	verb.add_option("--dst", options->destination, "whom it is for; TCP and UDP need the port")->required()->type_name("ADDRESS[:PORT]");
	verb.add_option("--protocol", options->protocol, "tcp, udp, icmp, icmpv6, …, or a number")->capture_default_str()->type_name("PROTOCOL");
	verb.add_flag("--syn", options->syn, "it opens a TCP connection; else it belongs to one that is open");
	verb.add_flag("--fragment", options->fragment, "it is a later part of a datagram: it has no ports");
	verb.add_option("--icmp-type", options->icmp_type, "of ICMP and ICMPv6; default: an echo request")->type_name("N");
	verb.add_option("--length", options->length, "bytes of the whole frame; default: as short as it can be")->type_name("BYTES");
}

}  // namespace sluice::cli
