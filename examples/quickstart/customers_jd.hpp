#pragma once

#include "customers_world.hpp"
#include "json.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// The merchant and the buyers of a shop at JD's twin, who meet the same host. Each step is a row of the transcript.
class JdConversation {
 public:
  /// `app` and `shop` are the host's configuration of them; `redirect_uri` is registered for the application.
  JdConversation(World world, Transcript& transcript, Json app, Json shop, const std::string& redirect_uri);

  void authorize();
  void talk();
  /// Last, as the host's poller pauses after it.
  void skew_the_clock();

 private:
  struct Buyer {
    std::string name;
    std::string pin;
    std::int64_t seen = 0;  ///< Number of the last message that was looked at.
  };
  struct Got {
    std::string text;
    std::string url;
    std::string channel;
    std::string type;
  };
  void write(const Buyer& buyer, const std::string& text);
  /// The messages that came since the last look, once there are `count`.
  std::vector<Got> messages(Buyer& buyer, int count = 1);
  /// Lines of the host's log about what was said in this shop.
  std::vector<Json> handled(const std::string& said, std::size_t wanted = 1, int wait_ms = 5'000);
  std::int64_t refreshes();

  void asks(Buyer& buyer, const std::string& text, const std::string& wanted);
  void picture(Buyer& buyer);
  void menu(Buyer& buyer);
  void dead_token(Buyer& buyer);
  void lost_answer(Buyer& buyer);
  void after_sale(Buyer& buyer);
  void rating(const Buyer& buyer);
  void overlap();

  World world_;
  Transcript& transcript_;
  const Json app_;
  const Json shop_;
  const std::string app_key_;
  const std::string shop_name_;
};
