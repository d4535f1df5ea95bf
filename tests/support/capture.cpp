#include "support/capture.h"

#include <pcap/pcap.h>

#include <filesystem>
#include <memory>

namespace sluice::test {

Result<Capture> read_capture(const std::string& path)
{
	char message[PCAP_ERRBUF_SIZE] = {};
	const std::unique_ptr<pcap_t, void (*)(pcap_t*)> file(
		pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, message), pcap_close);
	if (!file)
		return Error(ErrorCode::kInvalid, message);
	const int link = pcap_datalink(file.get());
	if (link != DLT_EN10MB && link != DLT_RAW)
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

std::optional<std::string> captures_directory()
{
	const std::string directory = std::string(SLUICE_SOURCE_DIR) + "/../shared/data";
	if (!std::filesystem::is_directory(directory))
		return std::nullopt;
	return directory;
}

}  // namespace sluice::test
