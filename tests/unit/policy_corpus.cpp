// Every policy of tests/data/policies: the good ones load without a word, the broken ones with exactly the diagnostics
// that their first lines expect ("# expect: LINE:COLUMN: error: …", or "# expect: FILE:LINE:COLUMN: …" in a list).
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "policy/load.h"
#include "support/tree.h"
#include "unit/policy_text.h"

namespace sluice::policy {
namespace {

const std::filesystem::path kPolicies = test::in_tree("tests/data/policies");

std::vector<std::filesystem::path> files_of(const std::string& folder)
{
	std::vector<std::filesystem::path> files;
	for (const auto& entry : std::filesystem::directory_iterator(kPolicies / folder)) {
		if (entry.path().extension() == ".yaml")
			files.push_back(entry.path());
	}
	std::sort(files.begin(), files.end());
	return files;
}

std::vector<std::string> expectations_of(const std::filesystem::path& path)
{
	constexpr std::string_view kMark = "# expect: ";
	std::vector<std::string> expected;
	std::ifstream file(path);
	for (std::string line; std::getline(file, line) && line.rfind(kMark, 0) == 0;)
		expected.push_back(line.substr(kMark.size()));
	return expected;
}

// As a reader of the folder would write them.
std::vector<std::string> said_of(const std::filesystem::path& path)
{
	std::vector<std::string> said;
	for (const Diagnostic& diagnostic : load_policy(path.string()).diagnostics) {
		std::string text = diagnostic.to_string();
		for (const std::string& prefix : {path.string() + ":", path.parent_path().string() + "/"}) {
			for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
				text.erase(at, prefix.size());
		}
		said.push_back(text);
	}
	return said;
}

TEST(PolicyCorpus, BrokenPoliciesSayWhatIsWrongAndWhere)
{
	const auto broken = files_of("broken");
	EXPECT_GE(broken.size(), 110u);
	for (const auto& path : broken) {
		const auto expected = expectations_of(path);
		EXPECT_FALSE(expected.empty()) << path << " expects nothing";
		EXPECT_EQ(said_of(path), expected) << path;
		EXPECT_FALSE(load_policy(path.string()).policy) << path;
	}
}

TEST(PolicyCorpus, GoodPoliciesLoadWithoutAWord)
{
	for (const auto& path : files_of("good")) {
		const Loaded loaded = load_policy(path.string());
		EXPECT_TRUE(loaded.policy) << path << "\n" << all_of(loaded.diagnostics);
		EXPECT_TRUE(loaded.diagnostics.empty()) << path << "\n" << all_of(loaded.diagnostics);
	}
}

TEST(PolicyCorpus, ShippedExamplesLoadWithoutAWord)
{
	const std::filesystem::path examples = test::in_tree("packaging/examples");
	for (const char* name : {"policy.yaml", "demo.yaml"}) {
		const Loaded loaded = load_policy((examples / name).string());
		EXPECT_TRUE(loaded.policy && loaded.diagnostics.empty()) << all_of(loaded.diagnostics);
		EXPECT_EQ(loaded.files.size(), 2u);
	}
}

TEST(PolicyLoad, AFileThatIsNotThereIsADiagnostic)
{
	const Loaded loaded = load_policy("/nonexistent/policy.yaml");
	EXPECT_FALSE(loaded.policy);
	EXPECT_EQ(all_of(loaded.diagnostics), "/nonexistent/policy.yaml: error: No such file or directory\n");
	EXPECT_EQ(loaded.files.size(), 1u);
}

TEST(PolicyLoad, FilesAreAbsoluteAndDiagnosticsAsTheCallerNamesThem)
{
	const auto here = std::filesystem::current_path();
	std::filesystem::current_path(kPolicies / "good");
	const Loaded good = load_policy("everything.yaml");
	std::filesystem::current_path(kPolicies / "broken");
	const Loaded broken = load_policy("list-with-wrong-lines.yaml");
	std::filesystem::current_path(here);
	ASSERT_TRUE(good.policy);
	EXPECT_EQ(good.policy->files.at(0), (kPolicies / "good/everything.yaml").string());
	EXPECT_EQ(good.files.at(1), (kPolicies / "good/lists/scanners.netset").string());
	EXPECT_EQ(broken.diagnostics.at(0).place.file, "lists/wrong.netset");
}

TEST(PolicyLoad, ADirectoryOrADeviceIsNoPolicy)
{
	EXPECT_TRUE(has_errors(load_policy("/tmp").diagnostics));
	EXPECT_EQ(all_of(load_policy("/dev/zero").diagnostics), "/dev/zero: error: is no regular file\n");
}

}  // namespace
}  // namespace sluice::policy
