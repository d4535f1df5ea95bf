#include "flood_story.h"

namespace sluice::e2e {

std::string proving_policy(const std::string& beyond)
{
	return "version: 1\n"
	       "services:\n"
	       "  - name: api\n"
	       "    protocol: tcp\n"
	       "    ports: [8080]\n"
	       "    each-source: {packets: 5k/s, connections: 100/s}\n"
	       "    unproved: {connections: {rate: 1/h, burst: 1}, beyond: " + beyond + "}\n"
	       "  - name: udp\n"
	       "    protocol: udp\n"
	       "    ports: [9000]\n"
	       "    unproved: {packets: {rate: 1/h, burst: 10}}\n";
}

void FloodStory::serve(const std::string& policy)
{
	answered_.emplace(must(lab::BareProgram::attach(wire().world(), lab::BareProgram::Verdict::kPass)));
	start_server();
	start(policy);
	ASSERT_TRUE(get(lab::kWorldIpv4));
}

void FloodStory::start_server()
{
	server_.emplace(must(lab::Process::start(
	    wire().gate().command({"python3", "-m", "http.server", "8080", "--bind", "::", "--directory", "/usr/share/common-licenses"}))));
	ASSERT_TRUE(until([&] { return get(lab::kWorldIpv4); })) << server_->errors();
}

bool FloodStory::get(const std::string& source)
{
	const bool ipv6 = source.find(':') != std::string::npos;
	const std::string url = std::string("http://") + (ipv6 ? std::string("[") + lab::kGateIpv6 + "]" : lab::kGateIpv4) + ":8080/";
	const auto command = wire().world().command({"curl", "-s", "-g", "-o", "/dev/null", "-m", "3", "--interface", source, url});
	return must(lab::run(command)).code == 0;
}

unsigned FloodStory::newcomers(unsigned first, unsigned count, bool ipv6)
{
	unsigned answered = 0;
	for (unsigned i = 0; i < count; i++) {
		const std::string address = ipv6 ? "2001:db8::" + std::to_string(first + i) : "192.0.2." + std::to_string(first + i);
		must(wire().add_client(address + (ipv6 ? "/64" : "/24")));
		answered += get(address) ? 1 : 0;
	}
	return answered;
}

lab::FloodShape FloodStory::spoofed(const std::string& first, std::uint32_t sources, bool syn)
{
	lab::FloodShape shape;
	shape.frame = frame_from(first, 8080);
	shape.frame.protocol = net::kTcp;
	shape.frame.syn = syn;
	shape.sources = sources;
	shape.packets_per_second = kFloodRate;
	return shape;
}

lab::Flood FloodStory::flood(const lab::FloodShape& shape)
{
	lab::Flood flood = must(lab::Flood::open(wire().world(), lab::kInterface, shape));
	must(flood.start());
	return flood;
}

std::uint64_t FloodStory::send_flood(const lab::FloodShape& shape, std::uint64_t count)
{
	lab::Flood flood = must(lab::Flood::open(wire().world(), lab::kInterface, shape));
	must(flood.start(count));
	must(flood.finish());
	return flood.marked();
}

void FloodStory::await_spent(const std::string& reason)
{
	ASSERT_TRUE(until([&] { return counted(reason) > kFloodRate / 10; }));
}

}  // namespace sluice::e2e
