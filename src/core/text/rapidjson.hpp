#pragma once

/// The one place that includes RapidJSON. Its templates live under a name of ours, so that a host which uses RapidJSON
/// with other settings does not share their symbols.
#ifdef RAPIDJSON_RAPIDJSON_H_
#error "RapidJSON was included before core/rapidjson.hpp"
#endif
#define RAPIDJSON_NAMESPACE kefu_rapidjson
#define RAPIDJSON_NAMESPACE_BEGIN namespace kefu_rapidjson {
#define RAPIDJSON_NAMESPACE_END }
#include <rapidjson/error/error.h>
#include <rapidjson/reader.h>
#include <rapidjson/stream.h>
