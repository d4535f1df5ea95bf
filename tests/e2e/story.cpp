#include "story.h"

#include <thread>

namespace sluice::e2e {

bool until(const std::function<bool()>& condition, std::chrono::milliseconds patience)
{
	const auto end = std::chrono::steady_clock::now() + patience;
	while (!condition()) {
		if (std::chrono::steady_clock::now() > end)
			return false;
		std::this_thread::sleep_for(std::chrono::milliseconds(20));
	}
	return true;
}

void Story::SetUp()
{
	if (::geteuid() != 0)
		GTEST_SKIP() << "network namespaces and kernel programs need root";
	wire_.emplace(must(lab::Wire::open()));
}

lab::Daemon& Story::start(const std::string& policy, std::vector<std::pair<std::string, std::string>> files,
			  std::vector<std::string> options)
{
	lab::Daemon::Setup setup;
	setup.policy = policy;
	setup.files = std::move(files);
	setup.options = std::move(options);
	daemon_.emplace(must(lab::Daemon::start(wire().gate(), setup)));
	return *daemon_;
}

void Story::send(const lab::Frame& frame, std::uint64_t count)
{
	lab::FloodShape shape;
	shape.frame = frame;
	lab::Flood flood = must(lab::Flood::open(wire().world(), lab::kInterface, shape));
	must(flood.start(count));
	must(flood.finish());
}

lab::Frame Story::frame_from(const std::string& source, std::uint16_t port)
{
	lab::Frame frame;
	frame.source = must(net::Address::parse(source));
	frame.destination = must(net::Address::parse(frame.source.is_ipv4() ? lab::kGateIpv4 : lab::kGateIpv6));
	frame.destination_port = port;
	return frame;
}

void Story::serve_http()
{
	server_.emplace(must(lab::Process::start(
	    wire().gate().command({"python3", "-m", "http.server", "8080", "--directory", "/usr/share/common-licenses"}))));
	ASSERT_TRUE(until([&] { return get_page(lab::kWorldIpv4); })) << server_->errors();
}

bool Story::get_page(const std::string& source)
{
	return must(lab::run(wire().world().command({"curl", "-s", "-o", "/dev/null", "-m", "2", "--interface", source,
						     std::string("http://") + lab::kGateIpv4 + ":8080/"})))
		   .code == 0;
}

std::uint64_t Story::judged()
{
	return must(daemon().dump({"counters"})).at("counters").at("packets").get<std::uint64_t>();
}

std::uint32_t Story::received()
{
	std::uint32_t packets = 0;
	must(wire().gate().inside([&]() -> Result<void> {
		SLUICE_TRY_ASSIGN(packets, lab::received_packets(lab::kInterface));
		return {};
	}));
	return packets;
}

bool Story::guarded()
{
	const std::string shown = must(lab::run_checked(wire().gate().command({"ip", "-d", "link", "show", "eth0"})));
	return shown.find("xdp") != std::string::npos;
}

std::uint32_t Story::generation()
{
	return must(daemon().ask({"status"})).at("generation").get<std::uint32_t>();
}

}  // namespace sluice::e2e
