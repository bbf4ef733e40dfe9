#pragma once

#include "customers_world.hpp"
#include "json.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// One customer of WeChat's twin. Names are for the table.
struct Customer {
  std::string name;
  std::string openid;
  std::int64_t seen = 0;  ///< Number of the last message that was looked at.
};

/// What a customer received.
struct Got {
  std::string text;
  std::string channel;
  std::string type;
  std::string media_id;
};

/// What customers of one account do and receive, by the twin's control API.
class WechatSide {
 public:
  WechatSide(World world, std::string app_id) : world_(std::move(world)), app_id_(std::move(app_id)) {}

  Json act(const Customer& customer, const std::string& act, std::vector<std::pair<std::string, std::string>> fields,
           bool wait = true);
  /// The messages that came since the last look, once there are `count`.
  std::vector<Got> messages(Customer& customer, int count, int wait_ms = 10'000);

 private:
  World world_;
  std::string app_id_;
};

/// For the table, from the twin's word for it.
std::string how_it_came(const std::string& channel);
