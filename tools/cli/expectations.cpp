#include "cli/expectations.h"

#include <algorithm>
#include <filesystem>

#include "net/digits.h"
#include "net/endpoint.h"
#include "net/protocol.h"
#include "policy/fields.h"
#include "telemetry/reasons.h"

namespace sluice::cli {
namespace {

using policy::Yaml;

constexpr const char* kNone = "none";

class Parser {
public:
	explicit Parser(const std::string& path) : path_(path), findings_(path) {}

	ParsedExpectations parse(const Yaml& root)
	{
		read(root);
		ParsedExpectations parsed{std::nullopt, findings_.take()};
		if (!policy::has_errors(parsed.diagnostics))
			parsed.expectations = std::move(out_);
		return parsed;
	}

private:
	void read(const Yaml& root);
	void read_policy(const Yaml& root);
	void read_bans(const Yaml& node);
	Expectation read_expectation(const Yaml& node);
	void read_verdict(const Yaml& node, Expectation& expectation);
	void read_frame(const Yaml& node, Expectation& expectation);
	void read_flags(const Yaml& node, net::DescribedPacket& packet);
	std::optional<net::Endpoint> read_endpoint(const Yaml& packet, const char* key);
	std::optional<std::string> read_reason(const Yaml& node);

	// The number under `key`, 0 to `most`.
	std::optional<std::uint64_t> read_number(const Yaml& node, const char* key, std::uint64_t most)
	{
		const Yaml* value = node.find(key);
		const auto number = value != nullptr ? policy::read_count(findings_, *value, key) : std::nullopt;
		if (!number || *number <= most)
			return number;
		findings_.error(*value, std::string(key) + " is out of range", "from 0 to " + std::to_string(most));
		return std::nullopt;
	}

	bool read_flag(const Yaml& node, const char* key)
	{
		const Yaml* flag = node.find(key);
		return flag != nullptr && policy::read_word(findings_, *flag, key, {"true", "false"}) == "true";
	}

	const std::string& path_;
	policy::Findings findings_;
	Expectations out_;
};

void Parser::read(const Yaml& root)
{
	if (root.kind == Yaml::Kind::kNull) {
		findings_.error(root, "the file is empty", "begin with version: 1");
		return;
	}
	if (!policy::check_mapping(findings_, root, "a file of tests", {"version", "policy", "bans", "tests"}))
		return;
	const Yaml* version = root.find("version");
	if (version == nullptr)
		findings_.error(root, "version is missing", "begin with version: 1");
	else if (version->text != "1")
		findings_.error(*version, "version is " + net::quoted(version->text) + "; this program knows version 1", "write version: 1");
	read_policy(root);
	if (const Yaml* bans = root.find("bans"))
		read_bans(*bans);
	const Yaml* tests = root.find("tests");
	if (tests == nullptr) {
		findings_.error(root, "there are no tests", "write tests: [{name: …, packet: {from: …, to: …}, expect: pass}]");
		return;
	}
	for (const Yaml* item : policy::read_list(findings_, *tests, "tests"))
		out_.list.push_back(read_expectation(*item));
}

void Parser::read_policy(const Yaml& root)
{
	const Yaml* node = root.find("policy");
	if (node == nullptr) {
		findings_.error(root, "no policy is named", "write policy: policy.yaml");
		return;
	}
	const auto written = policy::read_text(findings_, *node, "policy");
	if (!written)
		return;
	const std::filesystem::path path(*written);
	out_.policy = path.is_absolute() ? *written : (std::filesystem::path(path_).parent_path() / path).lexically_normal().string();
}

void Parser::read_bans(const Yaml& node)
{
	for (const Yaml* item : policy::read_list(findings_, node, "bans", true)) {
		const auto text = policy::read_text(findings_, *item, "a ban");
		if (!text)
			continue;
		const auto prefix = net::Prefix::parse(*text);
		if (prefix)
			out_.bans.push_back(*prefix);
		else
			findings_.error(*item, "bans", prefix.error());
	}
}

Expectation Parser::read_expectation(const Yaml& node)
{
	Expectation expectation;
	expectation.place = findings_.place(node);
	if (!policy::check_mapping(findings_, node, "a test", {"name", "packet", "expect", "reason", "rule", "service", "limit"}))
		return expectation;
	const Yaml* name = node.find("name");
	if (name == nullptr)
		findings_.error(node, "a test has no name", "its failure is told under its name");
	else
		expectation.name = policy::read_text(findings_, *name, "name").value_or("");
	const Yaml* packet = node.find("packet");
	if (packet == nullptr)
		findings_.error(node, "a test has no packet", "write packet: {from: 192.0.2.1, to: \"203.0.113.10:443\"}");
	else
		read_frame(*packet, expectation);
	read_verdict(node, expectation);
	return expectation;
}

void Parser::read_verdict(const Yaml& node, Expectation& expectation)
{
	const Yaml* expect = node.find("expect");
	if (expect == nullptr)
		findings_.error(node, "a test expects nothing", "write expect: pass, or expect: drop");
	else
		expectation.passes = policy::read_word(findings_, *expect, "expect", {"pass", "drop"}) == "pass";
	if (const Yaml* reason = node.find("reason"))
		expectation.reason = read_reason(*reason);
	if (const Yaml* rule = node.find("rule"))
		expectation.rule = policy::read_text(findings_, *rule, "rule");
	if (const Yaml* service = node.find("service"))
		expectation.service = policy::read_text(findings_, *service, "service");
	if (const Yaml* limit = node.find("limit")) {
		expectation.limits.emplace();
		for (const Yaml* item : policy::read_list(findings_, *limit, "limit", true)) {
			const auto text = policy::read_text(findings_, *item, "limit");
			if (text && *text != kNone)
				expectation.limits->push_back(*text);
		}
	}
}

std::optional<std::string> Parser::read_reason(const Yaml& node)
{
	const auto text = policy::read_text(findings_, node, "reason");
	if (!text || telemetry::find_reason(*text) != nullptr)
		return text;
	std::vector<std::string_view> known;
	for (const telemetry::Reason& reason : telemetry::reasons())
		known.push_back(reason.name);
	findings_.error(node, "there is no reason " + net::quoted(*text), policy::nearest(findings_, *text, known, "sluice events --reasons lists them"));
	return std::nullopt;
}

std::optional<net::Endpoint> Parser::read_endpoint(const Yaml& packet, const char* key)
{
	const Yaml* node = packet.find(key);
	if (node == nullptr) {
		findings_.error(packet, std::string("a packet has no '") + key + "'", "write from: 192.0.2.1, to: \"203.0.113.10:443\"");
		return std::nullopt;
	}
	const auto text = policy::read_text(findings_, *node, key);
	if (!text)
		return std::nullopt;
	auto endpoint = net::Endpoint::parse(*text);
	if (endpoint)
		return *endpoint;
	findings_.error(*node, key, endpoint.error());
	return std::nullopt;
}

void Parser::read_flags(const Yaml& node, net::DescribedPacket& packet)
{
	packet.syn = read_flag(node, "syn");
	packet.fragment = read_flag(node, "fragment");
	if (const auto type = read_number(node, "icmp-type", 255))
		packet.icmp_type = static_cast<std::uint8_t>(*type);
	if (const auto length = read_number(node, "length", 1u << 17))
		packet.length = static_cast<std::uint32_t>(*length);
}

void Parser::read_frame(const Yaml& node, Expectation& expectation)
{
	if (!policy::check_mapping(findings_, node, "a packet", {"from", "to", "protocol", "syn", "fragment", "icmp-type", "length"}))
		return;
	net::DescribedPacket packet;
	const auto from = read_endpoint(node, "from");
	const auto to = read_endpoint(node, "to");
	read_flags(node, packet);
	if (const Yaml* protocol = node.find("protocol")) {
		const auto text = policy::read_text(findings_, *protocol, "protocol");
		if (!text)
			return;
		const auto parsed = net::Protocol::parse(*text);
		if (!parsed) {
			findings_.error(*protocol, "protocol", parsed.error());
			return;
		}
		packet.protocol = *parsed;
	}
	if (!from || !to)
		return;
	packet.source = *from;
	packet.destination = *to;
	auto frame = net::frame_of(packet);
	if (frame)
		expectation.frame = std::move(*frame);
	else
		findings_.error(node, "packet", frame.error());
}

std::string joined(const std::vector<policy::LimitAsked>& limits)
{
	std::string text;
	for (const policy::LimitAsked& limit : limits)
		text += (text.empty() ? "" : ", ") + limit.name;
	return text.empty() ? kNone : text;
}

}  // namespace

ParsedExpectations parse_expectations(std::string_view text, const std::string& path)
{
	policy::YamlDocument document = policy::read_yaml(text, path);
	if (!document.root)
		return {std::nullopt, std::move(document.diagnostics)};
	return Parser(path).parse(*document.root);
}

std::vector<std::string> mismatches(const Expectation& expectation, const policy::Judged& judged)
{
	std::vector<std::string> wrong;
	const auto compare = [&wrong](const char* what, const std::optional<std::string>& wanted, const std::string& found) {
		if (wanted && *wanted != found)
			wrong.push_back(std::string(what) + " is " + found + ", not " + *wanted);
	};
	const auto verdict = [](bool passes) { return std::string(passes ? "pass" : "drop"); };
	compare("the verdict", verdict(expectation.passes), verdict(judged.passes));
	compare("the reason", expectation.reason, telemetry::reason_name(judged.reason));
	compare("the rule", expectation.rule, judged.rule.empty() ? kNone : judged.rule);
	compare("the service", expectation.service, judged.service);
	if (!expectation.limits)
		return wrong;
	if (expectation.limits->empty())
		compare("the limit", kNone, joined(judged.limits));
	for (const std::string& wanted : *expectation.limits) {
		const bool asked = std::ranges::any_of(judged.limits, [&](const policy::LimitAsked& limit) { return limit.name == wanted; });
		if (!asked)
			wrong.push_back("the limit " + wanted + " is not asked; asked: " + joined(judged.limits));
	}
	return wrong;
}

}  // namespace sluice::cli
