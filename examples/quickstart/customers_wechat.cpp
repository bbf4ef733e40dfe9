#include "customers_wechat.hpp"

Json WechatSide::act(const Customer& customer, const std::string& act,
                     std::vector<std::pair<std::string, std::string>> fields, bool wait) {
  fields.emplace_back("appid", app_id_);
  return world_.control("POST", "/customers/" + customer.openid + "/" + act + (wait ? "?wait_ms=20000" : ""),
                        json_line(fields));
}

std::vector<Got> WechatSide::messages(Customer& customer, int count, int wait_ms) {
  const Json answer = world_.control("GET", "/customers/" + customer.openid + "/messages?appid=" + app_id_ + "&after=" +
                                                std::to_string(customer.seen) + "&count=" + std::to_string(count) +
                                                "&wait_ms=" + std::to_string(wait_ms));
  std::vector<Got> got;
  for (const Json& message : answer["messages"].items()) {
    const Json content = message["content"];  // an answer to a push keeps the push's own names
    got.push_back({message["text"].text(), message["channel"].text(), message["msgtype"].text(),
                   content["media_id"].text(content["MediaId"].text())});
    customer.seen = message["n"].number();
  }
  return got;
}

std::string how_it_came(const std::string& channel) {
  if (channel == "passive") return "answer to the push";
  if (channel == "api") return "customer message";
  return channel == "agent" ? "the agent's console" : channel;
}
