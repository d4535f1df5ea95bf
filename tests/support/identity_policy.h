// What the tests' policies say of identities.
#pragma once

#include <string>

namespace sluice::test {

// The trust domain prod.example, and the roles reader and writer.
std::string identity_section();

}  // namespace sluice::test
