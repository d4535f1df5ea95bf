// Http: a request as a route sees it, and what it answers.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "control/messages.h"
#include "control/peer.h"

namespace sluice::control {

struct Request {
	std::string method;  // "GET"
	std::string path;    // decoded, without the query
	std::map<std::string, std::string> query;
	std::string last;    // the segment that a route's "*" stands for
	Json body;           // null when there was none
	Peer peer;           // who asks
};

struct Response {
	unsigned status = 200;
	std::string content_type = "application/json";
	std::string body;
	// Set: after `body` the answer goes on, in chunks. Called on the server's thread whenever Server::wake() was; an
	// empty text means that nothing is there now.
	std::function<std::string()> more;

	static Response json(const Json& json, unsigned status = 200);
	static Response error(const Error& error);
};

// One line of JSON and its end. Never throws: what is no UTF-8 is replaced.
std::string line_of(const Json& json);

// "/v1/events?follow=1" to path and query, percent-decoded. Error kInvalid for what is no such target.
Result<Request> parse_target(std::string_view target);

}  // namespace sluice::control
