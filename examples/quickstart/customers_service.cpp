#include "customers_service.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <utility>

namespace {

constexpr char kAgent[] = "anna@kefu_demo";

// A JPEG that the twin has not from elsewhere, so that its bytes tell where it went.
std::string picture_bytes() {
  std::string bytes("\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0", 20);
  for (int i = 0; i < 4000; ++i) bytes += static_cast<char>((i * 7) & 0x7F);
  return bytes + "\xFF\xD9";
}

std::string base64(const std::string& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(&text[0]), reinterpret_cast<const unsigned char*>(bytes.data()),
                      static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

}  // namespace

ServiceConversation::ServiceConversation(World world, Transcript& transcript, Json account)
    : world_(std::move(world)),
      transcript_(transcript),
      account_(std::move(account)),
      app_id_(account_["app_id"].text()),
      side_(world_, app_id_) {
  world_.control("POST", std::string("/agents/") + kAgent,
                 R"({"appid":")" + app_id_ + R"(","nickname":"安娜","online":true})");
}

Got ServiceConversation::asks(const std::string& text) {
  spoken_ += "customer: " + text + "\n";
  side_.act(customer_, "text", {{"content", text}});
  return gets();
}

Got ServiceConversation::gets() {
  const auto got = side_.messages(customer_, 1);
  if (got.size() != 1) return {};
  // A host that took longer than a push waits answers by a message, which is recorded.
  if (got[0].channel == "api") spoken_ += ": " + (got[0].type == "text" ? got[0].text : "[" + got[0].type + "]") + "\n";
  if (got[0].channel == "agent") spoken_ += std::string(kAgent) + ": " + got[0].text + "\n";
  return got[0];
}

Json ServiceConversation::agent_does(const std::string& act, const std::string& content) {
  return world_.control("POST", std::string("/agents/") + kAgent + "/" + act,
                        json_line({{"appid", app_id_}, {"openid", customer_.openid}, {"content", content}}));
}

bool ServiceConversation::host_heard(const std::string& said) {
  return world_.host_lines({{"what", "event"}, {"customer", customer_.openid}, {"said", said}}, 1, 10'000).size() == 1;
}

// With a token of the family that the host does not use, so that the host keeps its own.
std::string ServiceConversation::file_of(const std::string& media_id) {
  const std::string api = account_["base_url"].text() + "/cgi-bin/";
  const Json token = Json::parse(world_
                                     .browse(api + "token?grant_type=client_credential&appid=" + app_id_ +
                                             "&secret=" + account_["app_secret"].text())
                                     .body);
  return world_.browse(api + "media/get?access_token=" + token["access_token"].text() + "&media_id=" + media_id).body;
}

void ServiceConversation::keeps_a_picture() {
  const std::string sent_id = "OF_THE_CUSTOMER";
  spoken_ += "customer: [image]\n";
  side_.act(customer_, "image", {{"media_id", sent_id}, {"base64", base64(picture_bytes())}});
  const Got received = gets();
  transcript_.add({customer_.name, "sends a picture", received.text,
                   how_it_came(received.channel) + "; downloaded, uploaded",
                   received.text.find("图片已收到") != std::string::npos});
  const Got shown = asks("看图片");
  const std::string file = file_of(shown.media_id);
  const bool same = file == picture_bytes();
  transcript_.add({customer_.name, "writes: 看图片", same ? "(the same picture, under an id of the account's)" : "(?)",
                   how_it_came(shown.channel), shown.type == "image" && shown.media_id != sent_id && same});
}

void ServiceConversation::agent_takes_over() {
  const Got answer = asks("转人工");
  const bool heard = host_heard(std::string("(session: ") + kAgent + ")");
  transcript_.add({customer_.name, "writes: 转人工", answer.text, how_it_came(answer.channel) + "; session opened",
                   heard && answer.text.find("安娜") != std::string::npos});

  const std::string question = "我的包裹什么时候发货", reply = "您好，我是安娜，包裹今晚发出。";
  const Json push = side_.act(customer_, "text", {{"content", question}}, false);
  agent_does("write", reply);
  spoken_ += "customer: " + question + "\n";
  const Got received = gets();
  transcript_.add({customer_.name, "writes: " + question, received.text, how_it_came(received.channel),
                   push["state"].text() == "with_agent" && received.channel == "agent" && received.text == reply});
}

void ServiceConversation::agent_closes() {
  agent_does("close");
  const bool heard = host_heard(std::string("(session closed: ") + kAgent + ")");
  transcript_.add({"安娜 (agent)", "closes the session", heard ? "the host is told" : "", "event", heard});
  const Got answer = asks("怎么开发票");
  transcript_.add({customer_.name, "writes: 怎么开发票", answer.text, how_it_came(answer.channel),
                   answer.text.find("电子发票") != std::string::npos});
}

void ServiceConversation::reads_the_record() {
  const auto page = world_.host_page("/records/" + app_id_ + "/" + customer_.openid);
  const auto lines = std::count(page.body.begin(), page.body.end(), '\n');
  const bool same = page.status == 200 && page.body == spoken_;
  transcript_.add({"host", "reads the record of " + customer_.name,
                   same ? std::to_string(lines) + " lines, as they were spoken" : page.body, "transcripts", same});
}

void ServiceConversation::talk() {
  side_.act(customer_, "follow", {});
  side_.messages(customer_, 1);
  keeps_a_picture();
  agent_takes_over();
  agent_closes();
  reads_the_record();
}
