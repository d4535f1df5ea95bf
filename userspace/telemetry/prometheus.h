// Metric: one metric of the Prometheus text exposition format 0.0.4: HELP and TYPE once, then its samples.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sluice::telemetry {

class Metric {
public:
	using Labels = std::vector<std::pair<std::string, std::string>>;

	// `type` is "counter" or "gauge".
	Metric(std::string name, const char* type, const char* help);
	void add(const Labels& labels, std::uint64_t value);
	// `value` is a number as the format writes it.
	void add(const Labels& labels, const std::string& value);
	const std::string& text() const { return text_; }

private:
	std::string name_;
	std::string text_;
};

}  // namespace sluice::telemetry
