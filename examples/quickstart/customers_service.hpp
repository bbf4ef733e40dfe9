#pragma once

#include "customers_wechat.hpp"
#include "customers_world.hpp"
#include "json.hpp"

#include <string>

/// A customer of WeChat whose picture is kept and sent back, and whom an agent of the platform's own console takes over
/// from the host; then what was said, by the platform's record. Each step is a row of the transcript.
class ServiceConversation {
 public:
  /// `account` is the host's configuration of it.
  ServiceConversation(World world, Transcript& transcript, Json account);

  void talk();

 private:
  /// The customer writes, and gets one message.
  Got asks(const std::string& text);
  /// The customer's next message, noted as spoken if the record has such.
  Got gets();
  void keeps_a_picture();
  void agent_takes_over();
  void agent_closes();
  void reads_the_record();
  /// What the platform serves under that id.
  std::string file_of(const std::string& media_id);
  /// True once the host was told so about this customer.
  bool host_heard(const std::string& said);
  Json agent_does(const std::string& act, const std::string& content = {});

  World world_;
  Transcript& transcript_;
  const Json account_;
  const std::string app_id_;
  WechatSide side_;
  Customer customer_{"小林", "oQuickstartLin00000000000006"};
  /// What was spoken as far as the record has it: answers to pushes are not in it.
  std::string spoken_;
};
