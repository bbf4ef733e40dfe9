#include "cli/input.hpp"
#include "cli/jd_commands.hpp"
#include "cli/jd_config.hpp"
#include "cli/pretty_json.hpp"
#include "core/text/document.hpp"
#include "jd/gateway/operation.hpp"

#include <iostream>
#include <memory>
#include <string>

namespace kefu_cli {
namespace {

using kefu::detail::Document;
using kefu::detail::ReadLimits;

/// What `kefu jd call` was told on the command line.
struct JdCallFlags {
  std::string method;
  std::string body = "{}";
  std::string config;
  std::string gateway;
  std::string version;
  std::string effect = "create";
  double timeout = 10;
  bool whole = false;
};

int fail_call(const std::string& message) {
  std::cerr << "kefu jd call: " << message << '\n';
  return kBadUsage;
}

kefu::Effect effect_of(const std::string& name) {
  return name == "read" ? kefu::Effect::read : name == "idempotent" ? kefu::Effect::idempotent : kefu::Effect::create;
}

void print_answer(const std::string& body, bool whole) {
  if (whole) {
    std::cout << body << '\n';
    return;
  }
  ReadLimits limits;
  limits.trailing_commas = true;
  const Document document = Document::json(body, limits);
  const auto node = kefu::jd::answer_node(document.root());
  std::cout << pretty_json(node ? node : document.root()) << '\n';
}

int call_method(const JdCallFlags& flags) {
  std::string body = flags.body;
  if (body == "-" && !read_input("-", body)) return fail_call("cannot read the parameters from standard input");
  if (const Document parameters = Document::json(body); !parameters)
    return fail_call("the parameters: " + std::string(to_string(parameters.fault())) + ": give one JSON object");
  auto config = load_jd_config(flags.config);
  if (!config) return fail_call(config.error().message());
  if (!flags.gateway.empty()) config->app.gateway_url = flags.gateway;
  auto place = open_jd(*std::move(config));
  if (!place) {
    print_jd_error("call", place.error());
    return kBadUsage;
  }
  kefu::RawCall call("POST", flags.method, std::move(body), effect_of(flags.effect));
  if (!flags.version.empty()) call.query.emplace_back("v", flags.version);
  call.timeout = kefu::Millis(static_cast<std::int64_t>(flags.timeout * 1000));
  const auto answer = place->shop->call(std::move(call)).get();
  if (!answer) {
    print_jd_error("call", answer.error());
    return kRefused;
  }
  print_answer(answer->body, flags.whole);
  return kDone;
}

}  // namespace

void add_jd_call(CLI::App& jd, Run& run) {
  CLI::App* call = jd.add_subcommand("call", "Calls a method of the gateway and prints what the answer's node holds");
  auto flags = std::make_shared<JdCallFlags>();
  call->add_option("method", flags->method, "Name of the method, e.g. jingdong.vender.shop.query")->required();
  call->add_option("parameters", flags->body, "Business parameters, one JSON object; - is standard input")
      ->capture_default_str();
  call->add_option("--config", flags->config,
                   "JSON file with app_key, app_secret and access_token or store; - is standard input")
      ->required();
  call->add_option("--gateway", flags->gateway, "Gateway instead of the config's: scheme, host and port");
  call->add_option("--method-version", flags->version, "Version of the method, where it is not 2.0");
  call->add_option("--effect", flags->effect, "What a repeat would do: read and idempotent calls are repeated on doubt")
      ->check(CLI::IsMember({"read", "idempotent", "create"}))
      ->capture_default_str();
  call->add_option("--timeout", flags->timeout, "Seconds for the whole call")
      ->check(CLI::Range(0.001, 3600.0))
      ->capture_default_str();
  call->add_flag("--whole", flags->whole, "Print the answer as it came");
  call->callback([flags, &run] { run = [flags] { return call_method(*flags); }; });
}

}  // namespace kefu_cli
