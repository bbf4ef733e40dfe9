#include "cli/commands.hpp"
#include "cli/input.hpp"
#include "cli/push_cases.hpp"

#include <kefu/wechat/events.hpp>
#include <kefu/wechat/push.hpp>

#include <chrono>
#include <iostream>
#include <memory>
#include <string>

namespace kefu_cli {
namespace {

/// What `kefu push open` was told on the command line.
struct PushOpenFlags {
  bool json = false;
  bool fresh = false;
  bool wecom = false;
  std::string token_file;
  std::string key_file;
  std::string app_id;
  std::string query;
  std::string body_file = "-";
  std::string mode = "safe";
};

int fail(const std::string& message) {
  std::cerr << "kefu push open: " << message << '\n';
  return kBadUsage;
}

void print_event(const kefu::InboundEvent& event) {
  const auto push = kefu::wechat::read_push(event);
  std::cout << "event_id    " << event.event_id << "\ncustomer    " << event.customer.id << '\n';
  if (push) std::cout << "type        " << push->head.type << "\nevent       " << push->head.event << '\n';
  std::cout << "message_id  " << event.message_id << "\nsent        " << kefu::unix_seconds(event.platform_time)
            << "\nopens       " << (event.trigger.empty() ? "no window" : event.trigger) << "\n\n"
            << event.raw << '\n';
}

int open_one(const PushOpenFlags& flags) {
  using namespace kefu::wechat;
  std::string token;
  std::string key;
  std::string body;
  if (!read_input(flags.token_file, token)) return fail("cannot read the Token from " + flags.token_file);
  if (!flags.key_file.empty() && !read_input(flags.key_file, key)) {
    return fail("cannot read the EncodingAESKey from " + flags.key_file);
  }
  const bool is_check = flags.query.find("echostr=") != std::string::npos;
  if (!is_check && !read_input(flags.body_file, body)) return fail("cannot read the body from " + flags.body_file);

  PushConfig config(flags.app_id, PushKeys(kefu::Secret(token), kefu::Secret(key)));
  config.mode = flags.mode == "plain"        ? PushMode::plain
                : flags.mode == "compatible" ? PushMode::compatible
                                             : PushMode::safe;
  if (flags.wecom) config.dialect = PushDialect::wecom;
  if (!flags.fresh) config.freshness = PushFreshness(PushFreshness::Mode::off);
  const auto receiver = make_push_receiver(std::move(config));
  if (!receiver) return fail(receiver.error().message());

  const kefu::WebhookRequest request(is_check ? "GET" : "POST", "/", flags.query, body);
  const kefu::OpenedPush opened = (*receiver)->open(request, std::chrono::system_clock::now());
  switch (opened.outcome) {
    case kefu::OpenedPush::Outcome::refused:
      std::cerr << "refused: " << to_string(*opened.fault) << ": " << opened.detail << '\n';
      return kRefused;
    case kefu::OpenedPush::Outcome::url_check:
      std::cout << opened.answer.body << '\n';
      return kDone;
    case kefu::OpenedPush::Outcome::event:
      print_event(opened.event);
      return kDone;
    case kefu::OpenedPush::Outcome::wake:
      std::cout << "something is new: poll now\n";
      return kDone;
  }
  return kBadUsage;
}

int open_pushes(const PushOpenFlags& flags) {
  if (flags.json) {
    std::ios::sync_with_stdio(false);
    if (answer_push_cases(std::cin, std::cout)) return kDone;
    return fail("standard input or output broke");
  }
  if (flags.token_file.empty() || flags.query.empty() || flags.app_id.empty()) {
    return fail("give --token-file, --app-id and --query, or --json; see kefu push open --help");
  }
  return open_one(flags);
}

}  // namespace

void add_push(CLI::App& program, Run& run) {
  CLI::App* push = program.add_subcommand("push", "Message pushes of WeChat (消息推送)");
  push->require_subcommand(1);
  CLI::App* open = push->add_subcommand(
      "open", "Verifies and decrypts a push and prints the event, or says why it is refused (exit status 1)");
  auto flags = std::make_shared<PushOpenFlags>();
  open->add_flag(
      "--json", flags->json,
      "Read cases in the form of wechat-crypto.json, or recorded pushes of a third-party platform, from standard "
      "input, one JSON object per line, and print one answer per line");
  open->add_option("--token-file", flags->token_file, "File that holds the Token, so that it shows in no process list");
  open->add_option("--key-file", flags->key_file, "File that holds the EncodingAESKey");
  open->add_option("--app-id", flags->app_id, "App id, component app id or corp id: the receiver of the push");
  open->add_option("--query", flags->query, "Raw query string of the request, as it stands in the access log");
  open->add_option("--body", flags->body_file, "File that holds the body; - is standard input")->capture_default_str();
  open->add_option("--mode", flags->mode, "Mode of the console")
      ->check(CLI::IsMember({"plain", "compatible", "safe"}))
      ->capture_default_str();
  open->add_flag("--wecom", flags->wecom, "The push is of WeCom or WeChat Kf");
  open->add_flag("--fresh", flags->fresh, "Refuse a timestamp that is more than 300 s old");
  open->callback([flags, &run] { run = [flags] { return open_pushes(*flags); }; });
}

}  // namespace kefu_cli
