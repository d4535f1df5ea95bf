#include "text/output.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sluice::text {

void Output::write(std::string_view text)
{
	if (text_ != nullptr) {
		text_->append(text);
		return;
	}
	while (!text.empty() && !closed_) {
		const ssize_t written = ::write(fd_, text.data(), text.size());
		if (written >= 0) {
			text.remove_prefix(static_cast<std::size_t>(written));
		} else if (errno != EINTR) {
			closed_ = true;
			if (errno != EPIPE)
				failure_ = Error(ErrorCode::kFailed, std::strerror(errno));
		}
	}
}

}  // namespace sluice::text
