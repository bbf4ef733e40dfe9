#pragma once

#include <kefu/core/time.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace kefu_soak {

inline constexpr char kServiceAccount[] = "wx7f1a2b3c4d5e6f70";  ///< Passive and late answers.
inline constexpr char kServiceOriginal[] = "gh_1a2b3c4d5e6f";
inline constexpr char kMiniProgram[] = "wx2c2769f8efd9abc2";  ///< Pushes; nothing can be said in their answer.
inline constexpr char kMiniOriginal[] = "gh_10f6c3c3ac5a";
inline constexpr char kShop[] = "flagship";  ///< Polled.
inline constexpr char kJdKey[] = "0A1B2C3D4E5F60718293A4B5C6D7E8F9";
inline constexpr char kAspid[] = "110.200.0000001.001";
inline constexpr char kAgent[] = "flagship-anna";

/// What one process under test must know, on its command line.
struct Setup {
  std::string store;  ///< Where it is, see store_place.hpp; empty: the store is given.
  std::string clock;  ///< File that holds by how much the machine's clock is wrong.
  std::string wechat_url;
  std::string jd_url;
  std::string jd_token;
  kefu::Millis lease{30'000};
  kefu::Millis sweep{5'000};
  kefu::Millis answer_within{4'000};

  std::vector<std::string> words() const {
    return {store,
            clock,
            wechat_url,
            jd_url,
            jd_token,
            std::to_string(lease.count()),
            std::to_string(sweep.count()),
            std::to_string(answer_within.count())};
  }
  static constexpr int kWords = 8;
  static Setup of(char** words) {
    Setup setup;
    setup.store = words[0];
    setup.clock = words[1];
    setup.wechat_url = words[2];
    setup.jd_url = words[3];
    setup.jd_token = words[4];
    setup.lease = kefu::Millis(std::stoll(words[5]));
    setup.sweep = kefu::Millis(std::stoll(words[6]));
    setup.answer_within = kefu::Millis(std::stoll(words[7]));
    return setup;
  }
};

/// A customer's message is "#<id># <manner>"; it is answered with "re:#<id>#". Empty: not one of these.
inline std::string id_in(std::string_view text, std::string_view before = "") {
  const std::string mark = std::string(before) + "#";
  const std::size_t begin = text.find(mark);
  if (begin == std::string_view::npos) return {};
  const std::size_t first = begin + mark.size();
  const std::size_t end = text.find('#', first);
  return end == std::string_view::npos ? std::string() : std::string(text.substr(first, end - first));
}

}  // namespace kefu_soak
