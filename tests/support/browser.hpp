#pragma once

#include <kefu/core/http.hpp>
#include <kefu/sandbox/sandbox.hpp>
#include <kefu/sandbox/simulated_time.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

namespace kefu_test {

/// Text in which only what authorization links hold is percent-encoded.
inline std::string percent_decoded(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
    i += 2;
  }
  return out;
}

/// The browser of a merchant who agrees: follows an authorization link at JD's twin, without sockets, and gives the
/// address to which it is sent back.
inline std::string follow_link(kefu::sandbox::Sandbox& platform, const std::string& url) {
  kefu::HttpRequest request;
  const std::size_t path = url.find('/', url.find("://") + 3);
  const std::size_t query = url.find('?');
  REQUIRE_MESSAGE(query != std::string::npos, url);
  request.base = url.substr(0, path);
  request.path = url.substr(path, query - path);
  for (std::size_t at = query + 1; at < url.size();) {
    const std::size_t end = std::min(url.find('&', at), url.size());
    const std::size_t equals = url.find('=', at);
    request.query.emplace_back(url.substr(at, equals - at), percent_decoded(url.substr(equals + 1, end - equals - 1)));
    at = end + 1;
  }
  const auto time = std::make_shared<kefu::sandbox::SimulatedTime>();
  const auto wire = platform.transport(time, time);
  std::optional<kefu::HttpOutcome> outcome;
  wire->send(std::move(request), time->mono() + kefu::Millis(10'000), {},
             [&outcome](kefu::HttpOutcome one) { outcome = std::move(one); });
  while (!outcome && time->help() == kefu::Scheduler::Help::worked) {
  }
  REQUIRE(outcome.has_value());
  REQUIRE_MESSAGE(outcome->reply.status == 302, outcome->reply.body);
  return std::string(outcome->reply.header("location"));
}

/// What stands behind the '?' of an address.
inline std::string query_of(const std::string& address) { return address.substr(address.find('?') + 1); }

}  // namespace kefu_test
