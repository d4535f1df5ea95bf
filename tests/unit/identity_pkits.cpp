// The NIST Public Key Interoperability Test Suite: every path of tests/data/pkits.txt gets the answer that stands there,
// and every file of the suite is used.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/file.h"
#include "identity/path.h"
#include "support/tree.h"

namespace sluice::identity {
namespace {

namespace fs = std::filesystem;

const fs::path kSuite = fs::path(test::in_tree("../shared/data/pki"));
const Moment kThen{std::chrono::seconds(1'590'000'000)};  // May 2020: inside the suite's ordinary validities
constexpr std::string_view kAnchor = "TrustAnchorRootCertificate";

struct Row {
	std::string test;
	std::string answer;
	std::string certificate;
	std::vector<std::string> path;
	std::vector<std::string> lists;
};

std::vector<std::string> words_of(const std::string& text)
{
	std::istringstream stream(text);
	std::vector<std::string> words;
	for (std::string word; stream >> word;) {
		if (word != "-")
			words.push_back(word);
	}
	return words;
}

std::vector<Row> read_table()
{
	std::ifstream file(fs::path(test::in_tree("tests/data/pkits.txt")));
	std::vector<Row> rows;
	for (std::string line; std::getline(file, line);) {
		if (line.empty() || line.front() == '#')
			continue;
		std::vector<std::string> cells(1);
		for (const char character : line) {
			if (character == '|')
				cells.emplace_back();
			else
				cells.back().push_back(character);
		}
		EXPECT_EQ(5u, cells.size()) << line;
		cells.resize(5);
		const auto answer = words_of(cells[1]);
		rows.push_back({words_of(cells[0])[0], answer.back(), words_of(cells[2])[0], words_of(cells[3]), words_of(cells[4])});
	}
	return rows;
}

Certificate certificate(const std::string& name)
{
	const auto der = read_file(kSuite / "certs" / (name + ".crt"));
	EXPECT_TRUE(der) << name;
	auto parsed = Certificate::parse(bytes_of(*der));
	EXPECT_TRUE(parsed) << name << ": " << (parsed ? "" : parsed.error().detail);
	return *std::move(parsed);
}

std::vector<Crl> lists(const std::vector<std::string>& names)
{
	std::vector<Crl> all;
	for (const std::string& name : names) {
		const auto parsed = parse_crls(*read_file(kSuite / "crls" / (name + ".crl")));
		EXPECT_TRUE(parsed) << name;
		all.push_back(parsed->front());
	}
	return all;
}

std::string answer_to(const Row& row)
{
	std::vector<Certificate> anchors;
	anchors.push_back(certificate(std::string(kAnchor)));
	auto names = row.lists;
	names.emplace_back("TrustAnchorRootCRL");
	const auto authorities = Authorities::open(anchors, lists(names), Authorities::Crls::kDemanded);
	EXPECT_TRUE(authorities);
	std::vector<Certificate> chain;
	chain.push_back(certificate(row.certificate));
	for (const std::string& name : row.path)
		chain.push_back(certificate(name));
	const auto path = authorities->check(chain, kThen, Skew());
	return path ? "valid" : std::string(name_of(path.error().refusal));
}

TEST(IdentityPkits, EveryPathGetsItsAnswer)
{
	if (!fs::exists(kSuite))
		GTEST_SKIP() << "the PKITS suite is not at " << kSuite;
	for (const Row& row : read_table())
		EXPECT_EQ(row.answer, answer_to(row)) << row.test << ' ' << row.certificate;
}

// A file that no row uses is a path that nobody tries; a row without its file is one that nobody can.
TEST(IdentityPkits, EveryFileOfTheSuiteIsUsed)
{
	if (!fs::exists(kSuite))
		GTEST_SKIP() << "the PKITS suite is not at " << kSuite;
	std::set<std::string> used{std::string(kAnchor) + ".crt", "TrustAnchorRootCRL.crl"};
	std::set<std::string> tests;
	for (const Row& row : read_table()) {
		EXPECT_TRUE(tests.insert(row.test).second) << row.test << " stands there twice";
		used.insert(row.certificate + ".crt");
		for (const std::string& name : row.path)
			used.insert(name + ".crt");
		for (const std::string& name : row.lists)
			used.insert(name + ".crl");
	}
	std::set<std::string> there;
	for (const char* directory : {"certs", "crls"}) {
		for (const auto& entry : fs::directory_iterator(kSuite / directory))
			there.insert(entry.path().filename());
	}
	EXPECT_EQ(there, used);
}

}  // namespace
}  // namespace sluice::identity
