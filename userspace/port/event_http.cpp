#include "port/event_http.h"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/field.hpp>

namespace sluice::port {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using identity::Refusal;

constexpr std::string_view kPath = "/v1/events";
constexpr std::string_view kType = "application/secevent+jwt";

std::string_view text_of(beast::string_view text)
{
	return {text.data(), text.size()};
}

HttpResponse error(http::status status, std::string_view code, std::string_view sentence)
{
	HttpResponse made(status, 11);
	made.set(http::field::content_type, "application/json");
	made.set(http::field::content_language, "en");
	made.set(http::field::cache_control, "no-store");
	made.keep_alive(false);
	made.body() = nlohmann::json{{"err", std::string(code)}, {"description", std::string(sentence)}}.dump() + "\n";
	made.prepare_payload();
	return made;
}

std::string_view code_of(Refusal refusal)
{
	switch (refusal) {
	case Refusal::kIssuerUnknown:
		return "invalid_issuer";
	case Refusal::kAudience:
		return "invalid_audience";
	case Refusal::kAlgorithm:
	case Refusal::kKeyUnknown:
	case Refusal::kSignature:
		return "invalid_key";
	case Refusal::kEventForeign:
		return "access_denied";
	default:
		return "invalid_request";
	}
}

}  // namespace

bool is_event_request(const HttpRequest& request)
{
	return text_of(request.target()) == kPath;
}

std::variant<std::string, HttpResponse> read_event(const HttpRequest& request)
{
	if (request.method() != http::verb::post) {
		HttpResponse made = error(http::status::method_not_allowed, "invalid_request", "/v1/events takes POST.");
		made.set(http::field::allow, "POST");
		return made;
	}
	const std::string_view type = text_of(request[http::field::content_type]);
	if (!beast::iequals(beast::string_view(type.data(), std::min(type.find(';'), type.size())), beast::string_view(kType.data(), kType.size())))
		return error(http::status::bad_request, "invalid_request", "The content is no application/secevent+jwt.");
	if (request.body().empty())
		return error(http::status::bad_request, "invalid_request", "The body is empty.");
	return request.body();
}

HttpResponse event_taken_response()
{
	HttpResponse made(http::status::accepted, 11);
	made.set(http::field::cache_control, "no-store");
	made.keep_alive(false);
	made.prepare_payload();
	return made;
}

HttpResponse event_refused_response(Refusal refusal)
{
	return error(http::status::bad_request, code_of(refusal), identity::sentence_of(refusal));
}

}  // namespace sluice::port
