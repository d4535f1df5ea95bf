// Words: parts of a policy as a person would say them in one line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/model.h"

namespace sluice::policy {

std::string words_of(const Meter& meter, sluice_algorithm algorithm);  // "2000/s, burst 4000"; of windows "2000/s"
// "packets 2000/s, burst 4000; bits 1G/s, burst 1G", "fixed-window: packets 30/m"; equal for limits that hold alike, whatever their names and keys.
std::string words_of(const Limit& limit);
// "443, 8000-8099", ranges that touch as one; "every port" for an empty list.
std::string words_of(const std::vector<net::PortRange>& ports);
// At most eight, then how many more; "every address" for an empty list.
std::string words_of(std::vector<net::Prefix> addresses);
const char* word_of(Mode mode);      // "enforce", "observe"
const char* word_of(Action action);  // "deny", "allow"
std::string words_of_admit(const Service& service);  // "anyone", "listed", "roles reader, writer; identities partner-a"
std::string joined(const std::vector<std::string>& words);  // "reader, writer"
const char* word_of(Beyond beyond);  // "drop", "cookie"

}  // namespace sluice::policy
