// The frame reader, whatever way the bytes arrive: what was framed comes out, and lengths that are lies end it.
#include <gtest/gtest.h>

#include <algorithm>

#include "port/frame.h"
#include "support/random.h"

namespace sluice::port {
namespace {

constexpr std::size_t kMost = 1000;
constexpr unsigned kRounds = 500;

std::vector<std::string> random_payloads(test::Random& random)
{
	std::vector<std::string> payloads(random.below(20));
	for (std::string& payload : payloads) {
		payload.resize(1 + random.below(random.below(4) == 0 ? kMost : 8));
		std::generate(payload.begin(), payload.end(), [&] { return static_cast<char>(random.below(256)); });
	}
	return payloads;
}

// Feeds a stream in pieces of any size and takes what is there in between.
Result<std::vector<std::string>> read_in_pieces(test::Random& random, FrameReader& reader, std::string_view stream)
{
	std::vector<std::string> read;
	while (!stream.empty()) {
		const std::size_t piece = std::min<std::size_t>(random.below(random.below(2) == 0 ? 3 : 700), stream.size());
		reader.feed(stream.substr(0, piece));
		stream.remove_prefix(piece);
		for (;;) {
			SLUICE_TRY_ASSIGN(auto next, reader.next());
			if (!next)
				break;
			read.push_back(*std::move(next));
		}
	}
	return read;
}

TEST(PortFrame, WhatWasFramedComesOutHoweverItArrives)
{
	test::Random random(1);
	for (unsigned round = 0; round < kRounds; round++) {
		const auto payloads = random_payloads(random);
		std::string stream;
		for (const std::string& payload : payloads)
			stream += framed(payload);
		FrameReader reader(kMost);
		const auto read = read_in_pieces(random, reader, stream);
		ASSERT_TRUE(read) << read.error().sentence();
		ASSERT_EQ(payloads, *read);
		ASSERT_EQ(0u, reader.buffered());
	}
}

TEST(PortFrame, LengthsThatAreLiesEndIt)
{
	test::Random random(2);
	for (unsigned round = 0; round < kRounds; round++) {
		const auto payloads = random_payloads(random);
		std::string stream;
		for (const std::string& payload : payloads)
			stream += framed(payload);
		const std::size_t length = random.below(2) == 0 ? 0 : kMost + 1 + random.below(1u << 30);
		for (int shift = 24; shift >= 0; shift -= 8)
			stream += static_cast<char>(length >> shift & 0xff);
		stream += framed("after it");
		FrameReader reader(kMost);
		ASSERT_FALSE(read_in_pieces(random, reader, stream));
		reader.feed(framed("again"));
		ASSERT_FALSE(reader.next()) << "it stays broken";
		ASSERT_EQ(0u, reader.buffered()) << "and keeps nothing";
	}
}

}  // namespace
}  // namespace sluice::port
