#include "cli/capture.h"

#include <pcap/pcap.h>
#include <sys/stat.h>

#include <algorithm>

#include "sluice/core/parse.h"

namespace sluice::cli {
namespace {

constexpr std::size_t kEthernetBytes = 14;
// Beyond it a length field lies.
constexpr std::uint32_t kMostFrameBytes = 1u << 18;

bool is_bare_ip(int link)
{
	return link == DLT_RAW || link == DLT_IPV4 || link == DLT_IPV6;
}

// Whether the first bytes of a frame of `length` are enough to read it by.
bool holds_its_headers(const std::vector<std::byte>& first, std::size_t length)
{
	sluice_packet packet{};
	return sluice_parse(first.data(), first.data() + first.size(), static_cast<std::uint32_t>(length), &packet) == SLUICE_UNDECIDED;
}

std::uint64_t size_of(const std::string& path)
{
	struct stat status{};
	return path != "-" && ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
}

}  // namespace

void Capture::Close::operator()(pcap* file) const
{
	::pcap_close(file);
}

Result<Capture> Capture::open(const std::string& path)
{
	struct stat status{};
	if (path != "-" && ::stat(path.c_str(), &status) != 0)
		return Error(ErrorCode::kInvalid, "there is no such file");
	char message[PCAP_ERRBUF_SIZE] = {};
	pcap_t* file = ::pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, message);
	if (file == nullptr)
		return Error(ErrorCode::kInvalid, message, "pcap and pcapng files are read: tcpdump -w FILE writes one");
	const int link = ::pcap_datalink(file);
	Capture capture(file, link == DLT_EN10MB, size_of(path));
	if (link != DLT_EN10MB && !is_bare_ip(link)) {
		const char* name = ::pcap_datalink_val_to_name(link);
		return Error(ErrorCode::kInvalid, std::string("its frames are ") + (name != nullptr ? name : "of an unknown link") + ", neither Ethernet nor IP",
			     "capture on one interface: tcpdump -i IF -w FILE");
	}
	return capture;
}

Result<std::optional<CapturedFrame>> Capture::next()
{
	pcap_pkthdr* header = nullptr;
	const u_char* data = nullptr;
	const int read = ::pcap_next_ex(file_.get(), &header, &data);
	if (read == PCAP_ERROR_BREAK)
		return std::optional<CapturedFrame>();
	if (read != 1)
		return Error(ErrorCode::kInvalid, ::pcap_geterr(file_.get()));
	frame_.clear();
	if (!ethernet_) {
		const bool ipv6 = header->caplen > 0 && data[0] >> 4 == 6;
		frame_.resize(kEthernetBytes);
		frame_[kEthernetBytes - 2] = ipv6 ? std::byte{0x86} : std::byte{0x08};
		frame_[kEthernetBytes - 1] = ipv6 ? std::byte{0xdd} : std::byte{0x00};
	}
	const auto* bytes = reinterpret_cast<const std::byte*>(data);
	frame_.insert(frame_.end(), bytes, bytes + header->caplen);
	if (header->len > header->caplen) {
		const std::size_t length = frame_.size() + std::min(header->len - header->caplen, kMostFrameBytes);
		if (holds_its_headers(frame_, length))
			frame_.resize(length);
		else
			headless_++;
	}
	const auto seconds = static_cast<std::uint64_t>(header->ts.tv_sec);
	return std::optional(CapturedFrame{frame_, seconds * 1'000'000'000 + static_cast<std::uint64_t>(header->ts.tv_usec)});
}

std::optional<double> Capture::progress() const
{
	std::FILE* file = ::pcap_file(file_.get());
	const long at = size_ != 0 && file != nullptr ? std::ftell(file) : -1;
	if (at < 0)
		return std::nullopt;
	return std::min(1.0, static_cast<double>(at) / static_cast<double>(size_));
}

}  // namespace sluice::cli
