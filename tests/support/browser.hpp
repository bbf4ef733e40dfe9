#pragma once

#include "support/push_requests.hpp"

#include <kefu/core/http.hpp>
#include <kefu/sandbox/sandbox.hpp>
#include <kefu/sandbox/simulated_time.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

namespace kefu_test {

/// What a browser gets at an address of the twins, without sockets.
inline kefu::HttpReply browse(kefu::sandbox::Sandbox& platform, const std::string& url) {
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
  return std::move(outcome->reply);
}

/// The browser of a merchant who agrees: follows an authorization link and gives the address to which it is sent back.
inline std::string follow_link(kefu::sandbox::Sandbox& platform, const std::string& url) {
  const kefu::HttpReply reply = browse(platform, url);
  REQUIRE_MESSAGE(reply.status == 302, reply.body);
  return std::string(reply.header("location"));
}

/// The text of a page.
inline std::string page_text(kefu::sandbox::Sandbox& platform, const std::string& url) {
  kefu::HttpReply reply = browse(platform, url);
  REQUIRE_MESSAGE(reply.status == 200, reply.body);
  return std::move(reply.body);
}

/// What stands behind the '?' of an address.
inline std::string query_of(const std::string& address) { return address.substr(address.find('?') + 1); }

}  // namespace kefu_test
