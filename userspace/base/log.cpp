#include "base/log.h"

#include <sys/stat.h>

#include <cstdlib>
#include <memory>
#include <string>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace sluice {
namespace {

// sd-daemon(3): "<3>" and so on in front of a line.
class Priority final : public spdlog::custom_flag_formatter {
public:
	void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& to) override
	{
		const std::string_view prefix = prefix_of(message.level);
		to.append(prefix.data(), prefix.data() + prefix.size());
	}
	std::unique_ptr<spdlog::custom_flag_formatter> clone() const override { return std::make_unique<Priority>(); }

private:
	static std::string_view prefix_of(spdlog::level::level_enum level)
	{
		switch (level) {
		case spdlog::level::critical:
			return "<2>";
		case spdlog::level::err:
			return "<3>";
		case spdlog::level::warn:
			return "<4>";
		case spdlog::level::info:
			return "<6>";
		default:
			return "<7>";
		}
	}
};

bool stderr_is_the_journal()
{
	const char* stream = std::getenv("JOURNAL_STREAM");
	struct stat status {};
	if (!stream || ::fstat(2, &status) != 0)
		return false;
	return stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

spdlog::level::level_enum to_spdlog(LogLevel level)
{
	switch (level) {
	case LogLevel::kDebug:
		return spdlog::level::debug;
	case LogLevel::kInfo:
		return spdlog::level::info;
	case LogLevel::kWarning:
		return spdlog::level::warn;
	case LogLevel::kError:
		break;
	}
	return spdlog::level::err;
}

}  // namespace

Result<LogLevel> parse_log_level(std::string_view text)
{
	if (text == "debug")
		return LogLevel::kDebug;
	if (text == "info")
		return LogLevel::kInfo;
	if (text == "warning")
		return LogLevel::kWarning;
	if (text == "error")
		return LogLevel::kError;
	return Error(ErrorCode::kInvalid, "'" + std::string(text) + "' is no log level", "debug, info, warning or error");
}

void set_up_log(LogLevel level)
{
	auto logger = std::make_shared<spdlog::logger>("sluice", std::make_shared<spdlog::sinks::stderr_sink_mt>());
	auto formatter = std::make_unique<spdlog::pattern_formatter>();
	if (stderr_is_the_journal())
		formatter->add_flag<Priority>('@').set_pattern("%@%v");
	else
		formatter->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
	logger->set_formatter(std::move(formatter));
	logger->set_level(to_spdlog(level));
	logger->flush_on(spdlog::level::trace);
	spdlog::set_default_logger(std::move(logger));
}

}  // namespace sluice
