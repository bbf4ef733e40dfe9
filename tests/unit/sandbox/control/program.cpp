#include "core/text/document.hpp"
#include "support/temp_folder.hpp"
#include "unit/sandbox/http/tiny_client.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <fstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

/// kefu-sandbox as a child, with its standard streams in the test's hands.
class SandboxProgram {
 public:
  explicit SandboxProgram(std::vector<std::string> arguments) {
    int in[2], out[2], err[2];
    REQUIRE((::pipe(in) == 0 && ::pipe(out) == 0 && ::pipe(err) == 0));
    arguments.insert(arguments.begin(), KEFU_SANDBOX_PROGRAM);
    std::vector<char*> raw;
    for (std::string& one : arguments) raw.push_back(one.data());
    raw.push_back(nullptr);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::dup2(in[0], STDIN_FILENO);
      ::dup2(out[1], STDOUT_FILENO);
      ::dup2(err[1], STDERR_FILENO);
      for (const int fd : {in[0], in[1], out[0], out[1], err[0], err[1]}) ::close(fd);
      ::execv(raw[0], raw.data());
      ::_exit(127);
    }
    for (const int fd : {in[0], out[1], err[1]}) ::close(fd);
    in_ = in[1];
    out_ = out[0];
    err_ = err[0];
  }
  ~SandboxProgram() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      static_cast<void>(exit_code());
    }
    close_stdin();
    ::close(out_);
    ::close(err_);
  }
  SandboxProgram(const SandboxProgram&) = delete;
  SandboxProgram& operator=(const SandboxProgram&) = delete;

  std::string line() { return read_line(out_); }
  std::string complaint() { return read_line(err_); }
  void close_stdin() {
    if (in_ >= 0) ::close(in_);
    in_ = -1;
  }
  void signal(int number) { ::kill(pid_, number); }
  int exit_code() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  }

 private:
  static std::string read_line(int fd) {
    std::string line;
    char c = 0;
    while (::read(fd, &c, 1) == 1 && c != '\n') line.push_back(c);
    return line;
  }
  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  int err_ = -1;
};

}  // namespace

TEST_CASE("the program prints its base URLs as one JSON line and ends with a signal or with standard input") {
  const kefu_test::TempFolder folder;
  const std::string config = folder.file("config.json");
  std::ofstream(config) << R"({"apps":[{"appid":"wxconfigured","kind":"mini"}],)"
                           R"("jd_apps":[{"app_key":"K1","app_secret":"S1"}],"jd_shops":[{"shop":"flagship"}],)"
                           R"("switches":{"push_deliveries":2,"jd_clock_bound_s":360}})";
  for (const bool by_signal : {false, true}) {
    SandboxProgram program({"--port", "0", "--config", config, "--end-with-stdin"});
    const std::string line = program.line();
    INFO(line);
    const auto urls = kefu::detail::Document::json(line);
    REQUIRE(urls);
    CHECK(urls.root().size() == 3);
    kefu_test::TinyClient control(std::string(urls.root()["control"].text()));
    const auto app = kefu::detail::Document::json(control.request("GET", "/apps/wxconfigured").body);
    CHECK(app.root()["kind"].text() == "mini");
    CHECK(app.root()["secret"].text().size() == 32);
    const auto switches = kefu::detail::Document::json(control.request("GET", "/switches").body);
    CHECK(switches.root()["push_deliveries"].integer() == 2);
    kefu_test::TinyClient platform(std::string(urls.root()["wechat"].text()));
    CHECK(platform.request("GET", "/cgi-bin/token").body.find("40002") != std::string::npos);
    kefu_test::TinyClient jd(std::string(urls.root()["jd"].text()));
    CHECK(jd.request("GET", "/routerjson").body.find(R"({"error_response":{"code":"14",)") == 0);
    CHECK(switches.root()["jd_clock_bound_s"].integer() == 360);
    const auto grant = kefu::detail::Document::json(control.request("POST", "/jd/grants", "{}").body);
    CHECK(grant.root()["app_key"].text() == "K1");
    const auto refreshed = kefu::detail::Document::json(
        jd.request("GET", "/oauth2/refresh_token?app_key=K1&app_secret=S1&grant_type=refresh_token&refresh_token=" +
                              std::string(grant.root()["refresh_token"].text()))
            .body);
    CHECK(refreshed.root()["access_token"].text().size() == 36);
    if (by_signal) {
      program.signal(SIGTERM);
    } else {
      program.close_stdin();
    }
    CHECK(program.exit_code() == 0);
  }
}

TEST_CASE("a bad configuration stops the program with a sentence") {
  const kefu_test::TempFolder folder;
  const std::pair<const char*, const char*> cases[] = {
      {"[", "no JSON object"},
      {R"({"shops":[]})", "shops"},
      {R"({"apps":[{"kind":"shop"}]})", "kind must be sub, svc, mini or component"},
      {R"({"switches":{"none":1}})", "unknown switch: none"},
      {R"({"apps":[{"kinds":"sub"}]})", "kinds is no member"},
      {R"({"jd_apps":[{"dongdong_aspid":"1"}]})", "dongdong_secret go together"},
  };
  for (const auto& [text, sentence] : cases) {
    const std::string config = folder.file("config.json");
    std::ofstream(config) << text;
    SandboxProgram program({"--config", config});
    const std::string complaint = program.complaint();
    INFO(complaint);
    CHECK(complaint.find(sentence) != std::string::npos);
    CHECK(program.exit_code() == 2);
  }
  SandboxProgram program({"--config", folder.file("absent.json")});
  CHECK(program.complaint().find("cannot read") != std::string::npos);
  CHECK(program.exit_code() == 2);
}
