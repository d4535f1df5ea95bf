#include "policy/parse.h"

#include <algorithm>
#include <filesystem>

#include "net/digits.h"
#include "policy/fields.h"
#include "policy/list_file.h"
#include "policy/parse_identity.h"
#include "policy/parse_limit.h"
#include "policy/yaml.h"

namespace sluice::policy {
namespace {

constexpr std::size_t kMostFiles = 4096;
constexpr std::size_t kMostComments = 512u << 20;  // bytes; those of files behind it are not kept

class Parser {
public:
	Parser(const std::string& path, const ReadFile& read_file)
	    : path_(path), read_file_(read_file), findings_(path), limits_(findings_),
	      open_file_([this](const Yaml& node, IdentityReader::Use use) { return open_file(node, use); }), identity_(findings_, open_file_, limits_)
	{
		policy_.files.push_back(path);
	}

	Parsed parse(const Yaml& root);

private:
	void read_policy(const Yaml& root);
	void read_version(const Yaml& root);
	Failsafe read_failsafe(const Yaml& node);
	Source read_source(const Yaml& node);
	Service read_service(const Yaml& node);
	Fragments read_fragments(const Yaml& node);
	Action read_default(const Yaml& node);
	void read_admit(const Yaml& node, Service& service);
	std::optional<net::Protocol> read_protocol(const Yaml& node);
	std::vector<net::PortRange> read_ports(const Yaml& node, std::string_view what);
	std::vector<net::Prefix> read_prefixes(const Yaml& node, std::string_view what);
	void read_list_file(const Yaml& node, Source& source);
	std::optional<std::string> add_file(const Yaml& node, std::string_view what);
	std::optional<std::string> path_at(const Yaml& node, std::string_view what);
	std::optional<NamedFile> open_file(const Yaml& node, IdentityReader::Use use);
	std::string name_of(const Yaml& node, std::string_view what);

	template <typename Read>
	void each_of(const Yaml& root, std::string_view key, Read read)
	{
		if (const Yaml* list = root.find(key)) {
			for (const Yaml* item : read_list(findings_, *list, key))
				read(*item);
		}
	}

	const std::string& path_;
	const ReadFile& read_file_;
	Findings findings_;
	LimitReader limits_;
	IdentityReader::OpenFile open_file_;
	IdentityReader identity_;
	Policy policy_;
};

Parsed Parser::parse(const Yaml& root)
{
	Parsed parsed;
	read_policy(root);
	parsed.diagnostics = findings_.take();
	parsed.files = policy_.files;
	if (!has_errors(parsed.diagnostics))
		parsed.policy = std::move(policy_);
	return parsed;
}

void Parser::read_policy(const Yaml& root)
{
	if (root.kind == Yaml::Kind::kNull) {
		findings_.error(root, "the policy is empty", "begin with version: 1");
		return;
	}
	if (!check_mapping(findings_, root, "a policy",
			   {"version", "mode", "default", "failsafe", "limits", "sources", "services", "fragments", "identity"}))
		return;
	read_version(root);
	if (const Yaml* mode = root.find("mode"))
		policy_.mode = read_word(findings_, *mode, "mode", {"enforce", "observe"}) == "observe" ? Mode::kObserve : Mode::kEnforce;
	if (const Yaml* action = root.find("default"))
		policy_.default_action = read_default(*action);
	if (const Yaml* limits = root.find("limits"))
		limits_.read_named(*limits);
	if (const Yaml* fragments = root.find("fragments"))
		policy_.fragments = read_fragments(*fragments);
	each_of(root, "failsafe", [this](const Yaml& item) { policy_.failsafe.push_back(read_failsafe(item)); });
	each_of(root, "sources", [this](const Yaml& item) { policy_.sources.push_back(read_source(item)); });
	each_of(root, "services", [this](const Yaml& item) { policy_.services.push_back(read_service(item)); });
	if (const Yaml* identity = root.find("identity"))
		policy_.identities = identity_.read(*identity);
	policy_.limits = limits_.take_named();
}

void Parser::read_version(const Yaml& root)
{
	const Yaml* version = root.find("version");
	if (version == nullptr)
		findings_.error(root, "version is missing", "begin with version: 1");
	else if (version->text != "1")
		findings_.error(*version, "version is " + net::quoted(version->text) + "; this program knows version 1", "write version: 1");
}

Action Parser::read_default(const Yaml& node)
{
	return read_word(findings_, node, "default", {"allow", "deny"}) == "deny" ? Action::kDeny : Action::kAllow;
}

Fragments Parser::read_fragments(const Yaml& node)
{
	Fragments fragments;
	if (node.kind == Yaml::Kind::kMapping) {
		check_mapping(findings_, node, "fragments", {"each-source"});
		fragments.action = Action::kAllow;
		if (const Yaml* each = node.find("each-source"))
			fragments.each_source = limits_.read_each_source(*each);
		else
			findings_.error(node, "fragments has no each-source", "write drop, allow, or {each-source: {packets: 100/s}}");
	} else if (read_word(findings_, node, "fragments", {"drop", "allow"}) == "allow") {
		fragments.action = Action::kAllow;
	}
	return fragments;
}

Failsafe Parser::read_failsafe(const Yaml& node)
{
	Failsafe entry;
	entry.place = findings_.place(node);
	if (!check_mapping(findings_, node, "a failsafe entry", {"protocol", "port", "ports", "from"}))
		return entry;
	if (const Yaml* protocol = node.find("protocol"))
		entry.protocol = read_protocol(*protocol);
	if (const Yaml* port = node.find("port"))
		entry.ports = read_ports(*port, "port");
	if (const Yaml* ports = node.find("ports")) {
		if (node.find("port") != nullptr)
			findings_.error(*ports, "port and ports are both here", "put all of them in ports");
		entry.ports = read_ports(*ports, "ports");
	}
	if (const Yaml* from = node.find("from"))
		entry.from = read_prefixes(*from, "from");
	else
		findings_.error(node, "a failsafe entry has no 'from'", "name the addresses that you come from, such as from: [192.0.2.0/24]");
	return entry;
}

std::string Parser::name_of(const Yaml& node, std::string_view what)
{
	if (const Yaml* name = node.find("name"))
		return read_name(findings_, *name, "name").value_or("");
	findings_.error(node, std::string(what) + " has no name", "counters and events show it under its name");
	return "";
}

Source Parser::read_source(const Yaml& node)
{
	Source source;
	source.place = findings_.place(node);
	if (!check_mapping(findings_, node, "a source list", {"name", "action", "prefixes", "files", "limit", "max-age", "stale", "max-shrink"}))
		return source;
	source.name = name_of(node, "a source list");
	if (const Yaml* action = node.find("action"))
		source.action = read_word(findings_, *action, "action", {"deny", "allow"}) == "allow" ? Action::kAllow : Action::kDeny;
	else
		findings_.error(node, "a source list has no action", "write action: deny or action: allow");
	if (const Yaml* prefixes = node.find("prefixes")) {
		for (const Yaml* item : read_list(findings_, *prefixes, "prefixes", true)) {
			for (const net::Prefix& prefix : read_prefixes(*item, "prefixes"))
				source.prefixes.push_back({prefix, item->line, 0, 0});
		}
	}
	if (const Yaml* files = node.find("files")) {
		for (const Yaml* item : read_list(findings_, *files, "files", true))
			read_list_file(*item, source);
	}
	if (node.find("prefixes") == nullptr && node.find("files") == nullptr)
		findings_.error(node, "a source list has neither prefixes nor files", "write prefixes: [192.0.2.0/24], or files: [list.netset]");
	if (const Yaml* limit = node.find("limit"))
		source.limit = limits_.read(*limit, "limit");
	source.upkeep = read_upkeep(findings_, node);
	return source;
}

std::optional<std::string> Parser::path_at(const Yaml& node, std::string_view what)
{
	const auto written = read_text(findings_, node, what);
	if (!written)
		return std::nullopt;
	return (std::filesystem::path(path_).parent_path() / *written).lexically_normal().string();
}

// The path of a file that the policy names, among `files` from now on.
std::optional<std::string> Parser::add_file(const Yaml& node, std::string_view what)
{
	auto path = path_at(node, what);
	if (!path || policy_.files.size() > kMostFiles)
		return std::nullopt;
	if (policy_.files.size() == kMostFiles)
		findings_.error(node, "more than " + std::to_string(kMostFiles) + " files", "join some of them");
	policy_.files.push_back(*path);
	return path;
}

std::optional<NamedFile> Parser::open_file(const Yaml& node, IdentityReader::Use use)
{
	auto path = use == IdentityReader::Use::kApart ? path_at(node, "a file") : add_file(node, "a file");
	if (!path || use != IdentityReader::Use::kContent)
		return path ? std::optional(NamedFile{std::move(*path), {}}) : std::nullopt;
	auto text = read_file_(*path);
	if (text)
		return NamedFile{std::move(*path), std::move(*text)};
	findings_.error(node, "the file cannot be read", Error(text.error().code(), text.error().message(),
		text.error().advice().empty() ? "relative paths begin at the policy's directory" : text.error().advice()));
	return std::nullopt;
}

void Parser::read_list_file(const Yaml& node, Source& source)
{
	const auto path = add_file(node, "a list file");
	if (!path)
		return;
	const auto index = static_cast<std::uint16_t>(policy_.files.size() - 1);
	source.files.push_back(index);
	const auto text = read_file_(*path);
	if (!text) {
		findings_.error(node, "the list cannot be read", Error(text.error().code(), text.error().message(),
			text.error().advice().empty() ? "relative paths begin at the policy's directory" : text.error().advice()));
		return;
	}
	ListFile list = parse_list(*text, *path, index);
	findings_.append(std::move(list.diagnostics));
	const auto before = static_cast<std::uint32_t>(policy_.comments.size());
	const bool kept = before <= kMostComments;
	if (kept)
		policy_.comments += list.comments;
	for (ListedPrefix& listed : list.prefixes)
		listed.comment = kept && listed.comment != 0 ? listed.comment + before : 0;
	source.prefixes.insert(source.prefixes.end(), list.prefixes.begin(), list.prefixes.end());
}

Service Parser::read_service(const Yaml& node)
{
	Service service;
	service.place = findings_.place(node);
	if (!check_mapping(findings_, node, "a service",
			   {"name", "protocol", "ports", "port", "addresses", "each-source", "each-prefix", "all-sources", "each-identity", "unproved",
			    "admit", "exceeded"}))
		return service;
	service.name = name_of(node, "a service");
	if (const Yaml* protocol = node.find("protocol"))
		service.protocol = read_protocol(*protocol).value_or(net::kTcp);
	else
		findings_.error(node, "a service has no protocol", "write protocol: tcp, udp, icmp, or a number");
	if (const Yaml* port = node.find("port"))
		service.ports = read_ports(*port, "port");
	if (const Yaml* ports = node.find("ports")) {
		if (node.find("port") != nullptr)
			findings_.error(*ports, "port and ports are both here", "put all of them in ports");
		service.ports = read_ports(*ports, "ports");
	}
	if (const Yaml* addresses = node.find("addresses"))
		service.addresses = read_prefixes(*addresses, "addresses");
	if (const Yaml* each = node.find("each-source"))
		service.each_source = limits_.read_each_source(*each);
	if (const Yaml* each = node.find("each-prefix"))
		service.each_prefix = limits_.read_each_prefix(*each);
	if (const Yaml* all = node.find("all-sources"))
		service.all_sources = limits_.read(*all, "all-sources");
	if (const Yaml* each = node.find("each-identity"))
		service.each_identity = limits_.read(*each, "each-identity");
	if (const Yaml* unproved = node.find("unproved"))
		service.unproved = limits_.read_unproved(*unproved);
	if (const Yaml* admit = node.find("admit"))
		read_admit(*admit, service);
	if (const Yaml* exceeded = node.find("exceeded"))
		read_word(findings_, *exceeded, "exceeded", {"drop"}, {"reset", "unreachable", "respond"});
	return service;
}

void Parser::read_admit(const Yaml& node, Service& service)
{
	if (node.kind == Yaml::Kind::kMapping)
		identity_.read_admit(node, service);
	else if (read_word(findings_, node, "admit", {"anyone", "listed"}) == "listed")
		service.admit = Admit::kListed;
}

std::optional<net::Protocol> Parser::read_protocol(const Yaml& node)
{
	const auto text = read_text(findings_, node, "protocol");
	if (!text)
		return std::nullopt;
	const auto protocol = net::Protocol::parse(*text);
	if (protocol)
		return *protocol;
	findings_.error(node, "protocol", protocol.error());
	return std::nullopt;
}

std::vector<net::PortRange> Parser::read_ports(const Yaml& node, std::string_view what)
{
	std::vector<net::PortRange> ports;
	for (const Yaml* item : read_list(findings_, node, what, true)) {
		const auto text = read_text(findings_, *item, what);
		if (!text)
			continue;
		const auto range = net::PortRange::parse(*text);
		if (range)
			ports.push_back(*range);
		else
			findings_.error(*item, what, range.error());
	}
	return ports;
}

std::vector<net::Prefix> Parser::read_prefixes(const Yaml& node, std::string_view what)
{
	std::vector<net::Prefix> prefixes;
	for (const Yaml* item : read_list(findings_, node, what, true)) {
		const auto text = read_text(findings_, *item, what);
		if (!text)
			continue;
		const auto prefix = net::Prefix::parse(*text);
		if (prefix)
			prefixes.push_back(*prefix);
		else
			findings_.error(*item, what, prefix.error());
	}
	return prefixes;
}

}  // namespace

Parsed parse(std::string_view text, const std::string& path, const ReadFile& read_file)
{
	YamlDocument document = read_yaml(text, path);
	if (!document.root)
		return {std::nullopt, {path}, std::move(document.diagnostics)};
	return Parser(path, read_file).parse(*document.root);
}

}  // namespace sluice::policy
