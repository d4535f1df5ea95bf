// Any bytes on the channel, as the daemon reads them from a port that is somebody else's by now: messages or an error,
// and a message that is taken says the same again when it is written.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "port/frame.h"
#include "port/messages.h"

using namespace sluice::port;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
	FrameReader reader(kMostBytesToDaemon);
	reader.feed({reinterpret_cast<const char*>(data), size});
	for (;;) {
		const auto payload = reader.next();
		if (!payload || !*payload)
			return 0;
		if (const auto message = parse_to_daemon(**payload)) {
			const auto again = parse_to_daemon(encode(*message));
			if (!again || encode(*again) != encode(*message))
				std::abort();
		}
		if (const auto message = parse_to_port(**payload)) {
			const auto again = parse_to_port(encode(*message));
			if (!again || encode(*again) != encode(*message))
				std::abort();
		}
	}
}
