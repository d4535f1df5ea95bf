// Wycheproof's JSON Web Signature vectors: each gets the answer that the file prints, or the right one that
// tests/data/jws_vectors.txt gives where the file is wrong.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "identity/jws.h"
#include "support/tree.h"

namespace sluice::identity {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const fs::path kVectors = fs::path(test::in_tree("../shared/data/tokens/json_web_signature_test.json"));

constexpr std::array kAll = {Algorithm::kRs256, Algorithm::kRs384, Algorithm::kRs512, Algorithm::kPs256, Algorithm::kPs384,
			     Algorithm::kPs512, Algorithm::kEs256, Algorithm::kEs384, Algorithm::kEs512, Algorithm::kEdDsa,
			     Algorithm::kHs256, Algorithm::kHs384, Algorithm::kHs512};

std::map<int, std::string> read_corrections()
{
	std::ifstream file(fs::path(test::in_tree("tests/data/jws_vectors.txt")));
	std::map<int, std::string> corrections;
	for (std::string line; std::getline(file, line);) {
		if (line.empty() || line.front() == '#')
			continue;
		const std::size_t first = line.find(" | ");
		const std::size_t second = line.find(" | ", first + 3);
		corrections[std::stoi(line)] = line.substr(first + 3, second - first - 3);
	}
	return corrections;
}

std::string answer_to(const std::string& text, const json& key)
{
	const auto keys = KeySet::parse(json{{"keys", {key}}}.dump());
	EXPECT_TRUE(keys);
	const auto jws = parse_jws(text);
	if (!jws)
		return std::string(name_of(jws.error().refusal));
	const auto verified = verify_jws(*jws, *keys, kAll);
	return verified ? "valid" : std::string(name_of(verified.error().refusal));
}

TEST(IdentityWycheproof, EveryVectorGetsItsAnswer)
{
	if (!fs::exists(kVectors))
		GTEST_SKIP() << "the vectors are not at " << kVectors;
	auto corrections = read_corrections();
	int seen = 0;
	const json file = json::parse(*read_file(kVectors));
	for (const json& group : file["testGroups"]) {
		const json& key = group.contains("public") ? group["public"] : group["private"];
		for (const json& vector : group["tests"]) {
			const int number = vector["tcId"];
			const std::string printed = vector["result"];
			const std::string answer = answer_to(vector["jws"], key);
			SCOPED_TRACE(std::to_string(number) + " " + vector["comment"].get<std::string>());
			++seen;
			if (const auto correction = corrections.find(number); correction != corrections.end()) {
				EXPECT_EQ(correction->second, answer);
				EXPECT_NE(printed == "valid", answer == "valid") << "the correction is not needed any more";
				corrections.erase(correction);
			} else {
				EXPECT_EQ(printed == "valid", answer == "valid") << answer;
			}
		}
	}
	EXPECT_EQ(file["numberOfTests"], seen);
	EXPECT_TRUE(corrections.empty());
}

// Near miss of the corrections: the same vectors with the key's reservation, or the stray character, taken away.
TEST(IdentityWycheproof, CorrectedVectorsVerifyOnceMended)
{
	if (!fs::exists(kVectors))
		GTEST_SKIP() << "the vectors are not at " << kVectors;
	const auto corrections = read_corrections();
	const json file = json::parse(*read_file(kVectors));
	for (const json& group : file["testGroups"]) {
		json key = group.contains("public") ? group["public"] : group["private"];
		key.erase("alg");
		for (const json& vector : group["tests"]) {
			if (!corrections.contains(vector["tcId"]))
				continue;
			std::string text = vector["jws"];
			std::erase(text, '?');
			EXPECT_EQ("valid", answer_to(text, key)) << vector["tcId"];
		}
	}
}

}  // namespace
}  // namespace sluice::identity
