#include "policy/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <utility>

namespace sluice::policy {
namespace {

// Builds the tree from the parser's events. After the first error it ignores whatever follows.
class TreeBuilder final : public YAML::EventHandler {
public:
	void OnDocumentStart(const YAML::Mark&) override {}
	void OnDocumentEnd() override {}
	void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add(value(Yaml::Kind::kNull, mark)); }
	void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse_reference(mark); }
	void OnAnchor(const YAML::Mark& mark, const std::string&) override { refuse_reference(mark); }

	void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& text) override
	{
		refuse_tag(mark, tag);
		Yaml scalar = value(Yaml::Kind::kScalar, mark);
		scalar.text = text;
		add(std::move(scalar));
	}

	void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, YAML::EmitterStyle::value) override
	{
		refuse_tag(mark, tag);
		open(value(Yaml::Kind::kSequence, mark));
	}

	void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, YAML::EmitterStyle::value) override
	{
		refuse_tag(mark, tag);
		open(value(Yaml::Kind::kMapping, mark));
	}

	void OnSequenceEnd() override { close(); }
	void OnMapEnd() override { close(); }

	const std::optional<Diagnostic>& error() const { return error_; }
	Yaml take_root() { return std::move(root_); }

private:
	static Yaml value(Yaml::Kind kind, const YAML::Mark& mark)
	{
		Yaml node;
		node.kind = kind;
		node.line = static_cast<unsigned>(mark.line + 1);
		node.column = static_cast<unsigned>(mark.column + 1);
		return node;
	}

	void refuse(const Yaml& at, std::string message, std::string hint)
	{
		if (error_)
			return;
		error_ = Diagnostic{Severity::kError, {{}, at.line, at.column}, std::move(message), std::move(hint)};
	}

	void refuse_reference(const YAML::Mark& mark)
	{
		refuse(value(Yaml::Kind::kNull, mark), "anchors and aliases are not part of the policy language", "give a limit a name under 'limits'");
	}

	// The parser says "?" for a plain value and "!" for a quoted one.
	void refuse_tag(const YAML::Mark& mark, const std::string& tag)
	{
		if (!tag.empty() && tag != "?" && tag != "!")
			refuse(value(Yaml::Kind::kNull, mark), "tags are not part of the policy language", "write the value without it");
	}

	void open(Yaml node)
	{
		if (open_.size() >= kMostDepth)
			refuse(node, "nested deeper than " + std::to_string(kMostDepth) + " levels", "");
		if (!error_)
			open_.push_back(std::move(node));
	}

	void close()
	{
		if (error_)
			return;
		Yaml done = std::move(open_.back());
		open_.pop_back();
		add(std::move(done));
	}

	void add(Yaml node)
	{
		if (error_)
			return;
		if (++values_ > kMostValues) {
			refuse(node, "more than " + std::to_string(kMostValues) + " values", "move long lists of prefixes to files");
			return;
		}
		if (open_.empty()) {
			root_ = std::move(node);
			return;
		}
		Yaml& parent = open_.back();
		const bool key = parent.kind == Yaml::Kind::kMapping && parent.keys.size() == parent.items.size();
		(key ? parent.keys : parent.items).push_back(std::move(node));
	}

	Yaml root_;
	std::vector<Yaml> open_;
	std::size_t values_ = 0;
	std::optional<Diagnostic> error_;
};

YamlDocument failed(Diagnostic diagnostic, const std::string& file)
{
	diagnostic.place.file = file;
	return {std::nullopt, {std::move(diagnostic)}};
}

}  // namespace

const Yaml* Yaml::find(std::string_view key) const
{
	for (std::size_t i = 0; i < keys.size(); i++) {
		if (keys[i].kind == Kind::kScalar && keys[i].text == key)
			return &items[i];
	}
	return nullptr;
}

const char* Yaml::what() const
{
	switch (kind) {
	case Kind::kMapping:
		return "a mapping";
	case Kind::kSequence:
		return "a list";
	case Kind::kScalar:
		return "text";
	case Kind::kNull:
		break;
	}
	return "nothing";
}

YamlDocument read_yaml(std::string_view text, const std::string& file)
{
	if (text.size() > kMostPolicyBytes)
		return failed({Severity::kError, {}, "larger than 4 MiB", "move long lists of prefixes to files"}, file);
	TreeBuilder builder;
	bool more = false;
	try {  // the parser reports by throwing; nothing of it leaves this function
		std::istringstream stream{std::string(text)};
		YAML::Parser parser(stream);
		if (parser.HandleNextDocument(builder) && !builder.error()) {
			TreeBuilder second;
			more = parser.HandleNextDocument(second);
		}
	} catch (const YAML::Exception& exception) {
		const bool known = exception.mark.line >= 0;
		const Place place{{},
				  known ? static_cast<unsigned>(exception.mark.line + 1) : 0,
				  known ? static_cast<unsigned>(exception.mark.column + 1) : 0};
		return failed(builder.error().value_or(Diagnostic{Severity::kError, place, "not YAML: " + exception.msg, ""}), file);
	}
	if (builder.error())
		return failed(*builder.error(), file);
	if (more)
		return failed({Severity::kError, {}, "more than one YAML document", "a policy is one document: remove '---'"}, file);
	return {builder.take_root(), {}};
}

}  // namespace sluice::policy
