#include "bench.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

namespace sluice::bench {

Spread spread_of(std::vector<double> values)
{
	std::sort(values.begin(), values.end());
	const std::size_t half = values.size() / 2;
	const double median = values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
	return {median, values.front(), values.back()};
}

std::string to_string(const Spread& spread, int digits)
{
	char text[96];
	std::snprintf(text, sizeof(text), "%.*f (%.*f to %.*f)", digits, spread.median, digits, spread.least, digits,
		      spread.most);
	return text;
}

nlohmann::json to_json(const Spread& spread)
{
	return {{"median", spread.median}, {"least", spread.least}, {"most", spread.most}};
}

nlohmann::json machine()
{
	utsname name{};
	::uname(&name);
	std::string model = "unknown";
	std::ifstream info("/proc/cpuinfo");
	for (std::string line; std::getline(info, line);) {
		if (line.starts_with("model name")) {
			model = line.substr(line.find(':') + 2);
			break;
		}
	}
	return {{"processor", model}, {"processors", ::sysconf(_SC_NPROCESSORS_ONLN)}, {"kernel", name.release}};
}

std::string machine_text()
{
	const nlohmann::json what = machine();
	return std::to_string(what.at("processors").get<long>()) + " processors (" +
	       what.at("processor").get<std::string>() + "), kernel " + what.at("kernel").get<std::string>();
}

}  // namespace sluice::bench
