#include "sandbox/control/api.hpp"

#include <kefu/sandbox/sandbox.hpp>

#include <CLI/CLI.hpp>

#include <array>
#include <cstdio>
#include <fstream>
#include <poll.h>
#include <signal.h>
#include <sstream>
#include <string>
#include <sys/signalfd.h>
#include <unistd.h>

namespace {

struct Arguments {
  kefu::sandbox::SandboxOptions options;
  std::string config;
  bool end_with_stdin = false;
};

/// Waits for SIGTERM, SIGINT or, if wanted, the end of standard input.
void wait_for_end(int signals, bool end_with_stdin) {
  std::array<pollfd, 2> waits{{{signals, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
  const nfds_t count = end_with_stdin ? 2 : 1;
  std::array<char, 512> ignored;
  for (;;) {
    if (::poll(waits.data(), count, -1) < 0) continue;
    if (waits[0].revents != 0) return;
    if (count == 2 && waits[1].revents != 0 && ::read(STDIN_FILENO, ignored.data(), ignored.size()) <= 0) return;
  }
}

/// Each part goes through the control API. The sentence that says
/// what is wrong, or nothing.
std::string load_config(kefu::sandbox::Sandbox& sandbox, const std::string& file) {
  std::ifstream in(file);
  if (!in) return "cannot read " + file;
  std::stringstream text;
  text << in.rdbuf();
  const auto problem = kefu::sandbox::apply_config(sandbox, text.str());
  return problem.empty() ? problem : file + ": " + problem;
}

int run(const Arguments& arguments) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  const int signals = ::signalfd(-1, &ends, SFD_CLOEXEC);

  kefu::sandbox::Sandbox sandbox(arguments.options);
  if (!arguments.config.empty()) {
    const std::string problem = load_config(sandbox, arguments.config);
    if (!problem.empty()) {
      std::fprintf(stderr, "kefu-sandbox: %s\n", problem.c_str());
      return 2;
    }
  }
  const auto started = sandbox.start();
  if (signals < 0 || !started) {
    std::fprintf(stderr, "kefu-sandbox: %s\n",
                 started ? "signals cannot be waited for" : started.error().message().c_str());
    return 1;
  }
  std::printf("{\"wechat\":\"%s\",\"jd\":\"%s\",\"control\":\"%s\"}\n", sandbox.wechat_url().c_str(),
              sandbox.jd_url().c_str(), sandbox.control_url().c_str());
  std::fflush(stdout);
  wait_for_end(signals, arguments.end_with_stdin);
  sandbox.stop();
  ::close(signals);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(
      "Loopback twins of the WeChat customer-message platform and the JD open platform. Prints one JSON line with "
      "their\n"
      "base URLs and serves until SIGTERM or SIGINT. Foreign clients use it by changing only the base URL.",
      "kefu-sandbox");
  app.add_option("--port", arguments.options.wechat_port, "Port of api.weixin.qq.com's twin; 0 takes a free one")
      ->check(CLI::Range(0, 65535));
  app.add_option("--jd-port", arguments.options.jd_port,
                 "Port of JD's twin, gateway and authorization; 0 takes a free one")
      ->check(CLI::Range(0, 65535));
  app.add_option("--control-port", arguments.options.control_port, "Port of the control API; 0 takes a free one")
      ->check(CLI::Range(0, 65535));
  app.add_option(
      "--config", arguments.config,
      "JSON file: {\"apps\": [as for POST /apps], \"jd_apps\": [POST /jd/apps], \"jd_shops\": [POST /jd/shops], "
      "\"switches\": {name: value}}");
  app.add_flag("--end-with-stdin", arguments.end_with_stdin, "Also stop when standard input ends");
  app.footer([] { return kefu::sandbox::control_help(); });
  CLI11_PARSE(app, argc, argv);
  return run(arguments);
}
