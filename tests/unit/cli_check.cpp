// `sluice check`: no root, no daemon, everything that is wrong at once.
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "cli/command_line.h"
#include "control/messages.h"
#include "support/tree.h"

namespace sluice::cli {
namespace {

class CliCheck : public testing::Test {
protected:
	CliCheck()
	{
		char directory[] = "/tmp/sluice-check-XXXXXX";
		directory_ = mkdtemp(directory);
	}
	~CliCheck() override { std::filesystem::remove_all(directory_); }

	std::string write(const std::string& name, const std::string& text)
	{
		const std::string path = directory_ + "/" + name;
		std::ofstream(path) << text;
		return path;
	}

	ExitCode check(std::vector<std::string> arguments)
	{
		out_.clear();
		err_.clear();
		text::Output out(out_, {});
		text::Output err(err_, {});
		arguments.insert(arguments.begin(), "check");
		return run(arguments, out, err);
	}

	std::string directory_;
	std::string out_;
	std::string err_;
};

TEST_F(CliCheck, ARightPolicyIsSaidToBeRight)
{
	write("bad.netset", "# two\n192.0.2.0/24\n198.51.100.7\n");
	const auto path = write("policy.yaml",
	                        "version: 1\n"
	                        "failsafe:\n"
	                        "  - {protocol: tcp, port: 22, from: [203.0.113.0/24]}\n"
	                        "sources:\n"
	                        "  - {name: bad, action: deny, files: [bad.netset]}\n"
	                        "services:\n"
	                        "  - {name: api, protocol: tcp, ports: [443], each-source: {packets: 100/s}}\n");
	EXPECT_EQ(check({path}), ExitCode::kDone) << err_;
	EXPECT_EQ(out_, path + ": ok: 2 prefixes, 1 service\n");
}

TEST_F(CliCheck, EverythingThatIsWrongIsSaidAtOnce)
{
	const auto path = write("policy.yaml", "version: 1\nmood: enforce\ndefault: perhaps\n");
	EXPECT_EQ(check({path}), ExitCode::kWrong);
	EXPECT_EQ(out_, "");
	EXPECT_GE(std::count(err_.begin(), err_.end(), '\n'), 2) << err_;
	EXPECT_NE(err_.find(path + ":2:"), std::string::npos) << err_;
	EXPECT_NE(err_.find(path + ":3:"), std::string::npos) << err_;
	EXPECT_NE(err_.find(": error: "), std::string::npos) << err_;
}

TEST_F(CliCheck, JsonHasTheDiagnosticsOnStandardOutput)
{
	const auto path = write("policy.yaml", "version: 1\nmood: enforce\n");
	EXPECT_EQ(check({path, "--json"}), ExitCode::kWrong);
	EXPECT_EQ(err_, "");
	const auto json = control::Json::parse(out_);
	EXPECT_EQ(json["valid"], false);
	EXPECT_EQ(json["diagnostics"][0]["line"], 2);
}

TEST_F(CliCheck, AFileThatIsNotThereIsWrong)
{
	EXPECT_EQ(check({directory_ + "/none.yaml"}), ExitCode::kWrong);
	EXPECT_NE(err_.find("none.yaml"), std::string::npos) << err_;
}

TEST_F(CliCheck, RevocationFilesAreWarnedOf)
{
	write("revoked.list", "partner-a\nspiffe://prod.example\n");
	const auto path = write("policy.yaml", "version: 1\nidentity: {revocations: [revoked.list, none.list]}\n");
	EXPECT_EQ(check({path}), ExitCode::kDone) << "no policy is refused for their sake";
	EXPECT_NE(err_.find("/revoked.list:2:1: warning: 'spiffe://prod.example' is no SPIFFE ID"), std::string::npos) << err_;
	EXPECT_NE(err_.find("/none.list: warning: "), std::string::npos) << err_;
	EXPECT_NE(out_.find(": ok: "), std::string::npos) << out_;
	write("revoked.list", "partner-a\n");
	write("none.list", "");
	EXPECT_EQ(check({path}), ExitCode::kDone);
	EXPECT_EQ(err_, "") << "near miss: both are right";
}

TEST_F(CliCheck, TheShippedPolicyIsRight)
{
	EXPECT_EQ(check({test::in_tree("packaging/debian/policy.yaml")}), ExitCode::kDone) << err_;
}

}  // namespace
}  // namespace sluice::cli
