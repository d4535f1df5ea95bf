// The walk-through of docs/identity.md, as it stands there: its policy, and its commands on two hosts.
#include <filesystem>
#include <sstream>

#include "base/file.h"
#include "story.h"
#include "support/tree.h"

namespace sluice::e2e {

namespace {

constexpr const char* kHeading = "## Walk-through";
constexpr const char* kFails = "# fails";

// The blocks of a kind, one after another.
std::string blocks(const std::string& text, const std::string& kind)
{
	std::string all;
	const std::string fence = "```" + kind + "\n";
	for (std::size_t at = text.find(fence); at != std::string::npos; at = text.find(fence, at)) {
		at += fence.size();
		const std::size_t end = text.find("```", at);
		all += text.substr(at, end - at);
		at = end;
	}
	return all;
}

std::vector<std::string> words_of(const std::string& text)
{
	std::istringstream in(text);
	std::vector<std::string> words;
	for (std::string word; in >> word;)
		words.push_back(word);
	return words;
}

}  // namespace

class WalkThrough : public Story {
protected:
	// A line of the document: "gate# WORDS" or "client# WORDS", and how it ends.
	void run_line(const std::string& line)
	{
		const std::size_t mark = line.find("# ");
		ASSERT_NE(mark, std::string::npos) << line;
		const std::size_t remark = line.find(kFails);
		std::vector<std::string> words = words_of(line.substr(mark + 2, remark == std::string::npos ? remark : remark - mark - 2));
		const bool on_gate = line.starts_with("gate");
		if (words[0] == "sluice") {
			words[0] = lab::program("sluice");
			if (on_gate)
				words.insert(words.begin() + 1, {"--socket", daemon().directory() + "/control.sock"});
		}
		words.insert(words.begin(), {"env", "--chdir=" + daemon().directory()});
		const auto done = must(lab::run((on_gate ? wire().gate() : wire().world()).command(words)));
		EXPECT_EQ(done.code != 0, remark != std::string::npos) << line << "\n" << done.output << done.errors << daemon().process().errors();
		ran_++;
	}

	unsigned ran_ = 0;
};

TEST_F(WalkThrough, EveryCommandEndsAsTheDocumentSays)
{
	const std::string document = must(read_file(test::in_tree("docs/identity.md")));
	const std::string section = document.substr(document.find(kHeading));
	serve_http();
	start("version: 1\n");
	must(daemon().write_file("policy.yaml", blocks(section, "yaml")));
	std::istringstream commands(blocks(section, "console"));
	for (std::string line; std::getline(commands, line);)
		run_line(line);
	EXPECT_EQ(ran_, 10u);
	const auto list = must(daemon().ask({"identity", "list"}));
	ASSERT_EQ(list.at("identities").size(), 1u);
	EXPECT_EQ(list.at("identities")[0].at("revoked").at("why"), "lost-laptop");
	const auto audit = must(daemon().ask({"audit", "verify", daemon().directory() + "/state/audit.jsonl"}));
	EXPECT_GE(audit.at("lines").get<int>(), 3) << "granted, revoked, refused";
}

}  // namespace sluice::e2e
