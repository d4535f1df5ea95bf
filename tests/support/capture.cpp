#include "support/capture.h"

#include <pcap/pcap.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "support/tree.h"

namespace sluice::test {

Result<Capture> read_capture(const std::string& path)
{
	char message[PCAP_ERRBUF_SIZE] = {};
	const std::unique_ptr<pcap_t, void (*)(pcap_t*)> file(
		pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, message), pcap_close);
	if (!file)
		return Error(ErrorCode::kInvalid, message);
	const int link = pcap_datalink(file.get());
	if (link != DLT_EN10MB && link != DLT_RAW && link != DLT_IPV4 && link != DLT_IPV6)
		return Error(ErrorCode::kUnsupported, path + " has link type " + std::to_string(link));
	Capture capture;
	capture.ethernet = link == DLT_EN10MB;
	pcap_pkthdr* header = nullptr;
	const u_char* data = nullptr;
	int read = 0;
	while ((read = pcap_next_ex(file.get(), &header, &data)) == 1) {
		capture.frames.push_back({Bytes(data, data + header->caplen),
					  static_cast<std::uint64_t>(header->ts.tv_sec) * 1'000'000'000 +
						  static_cast<std::uint64_t>(header->ts.tv_usec)});
	}
	if (read != PCAP_ERROR_BREAK)
		return Error(ErrorCode::kInvalid, path + ": " + pcap_geterr(file.get()));
	return capture;
}

Bytes with_ethernet(const Bytes& packet)
{
	const bool ipv6 = !packet.empty() && packet[0] >> 4 == 6;
	Ethernet ethernet;
	ethernet.type = ipv6 ? 0x86dd : 0x0800;
	return (ethernet / Raw{.bytes = packet}).bytes();
}

std::map<std::string, Drops> expected_drops()
{
	std::map<std::string, Drops> expected;
	std::ifstream file(in_tree("tests/datapath/captures.txt"));
	std::string line, name, reason;
	std::uint64_t packets = 0;
	while (std::getline(file, line)) {
		std::istringstream fields(line);
		if (!line.empty() && line[0] != '#' && fields >> name >> reason >> packets)
			expected[name][reason] = packets;
	}
	return expected;
}

std::optional<std::string> captures_directory()
{
	const std::string directory = in_tree("../shared/data");
	if (!std::filesystem::is_directory(directory))
		return std::nullopt;
	return directory;
}

}  // namespace sluice::test
