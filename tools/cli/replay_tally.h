// ReplayTally: what became of a capture's packets: by reason, by service, by source. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "control/messages.h"
#include "net/address.h"
#include "sluice/abi/explanation.h"
#include "sluice/abi/policy.h"
#include "sluice/abi/verdict.h"
#include "text/style.h"

namespace sluice::cli {

struct SourceTally {
	std::uint64_t packets = 0;
	std::uint64_t dropped = 0;
	std::uint64_t limited = 0;         // of those, by limits: packets that the policy allows
	std::uint64_t first_drop_ns = 0;   // by a limit, from the start of the capture
	std::array<std::uint32_t, 16> by_limit{};  // drops from SLUICE_SERVICE_PACKETS on
};

class ReplayTally {
public:
	// Sources beyond it are counted, but not told apart.
	static constexpr std::size_t kMostSources = 1u << 20;

	void add(const sluice_explanation& found, std::uint64_t since_start_ns);
	// A frame that could not be run: shorter than an Ethernet header, or longer than the kernel takes.
	void skip() { skipped_++; }

	std::uint64_t packets() const { return packets_; }

	// What is shown beside the numbers.
	struct Setting {
		std::string file;
		std::string policy;
		std::vector<std::string> services;  // names by slot
		std::vector<std::string> notes;
		std::uint64_t duration_ns = 0;
		std::size_t most_sources = 10;      // in each list
	};
	control::Json to_json(const Setting& setting) const;
	std::string to_text(const Setting& setting, const text::Style& style) const;

private:
	struct Hash {
		std::size_t operator()(const net::Address& address) const;
	};
	struct Count {
		std::uint64_t packets = 0;
		std::uint64_t bytes = 0;
	};
	using Row = std::pair<net::Address, SourceTally>;

	std::vector<Row> heaviest(std::size_t most) const;
	std::vector<Row> most_limited(std::size_t most) const;
	Count passed() const;

	std::uint64_t packets_ = 0;
	std::uint64_t bytes_ = 0;
	std::uint64_t skipped_ = 0;
	std::uint64_t limited_ = 0;
	std::uint64_t limited_sources_ = 0;
	std::uint64_t untold_ = 0;  // packets of sources beyond kMostSources
	std::map<std::uint32_t, Count> by_reason_;
	std::map<std::uint16_t, std::array<Count, 2>> by_service_;  // dropped, passed
	std::unordered_map<net::Address, SourceTally, Hash> by_source_;
};

}  // namespace sluice::cli
