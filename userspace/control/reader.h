// Reader: how control's messages are read.
#pragma once

#include "base/json_reader.h"

namespace sluice::control {

using Reader = JsonReader;

}  // namespace sluice::control
