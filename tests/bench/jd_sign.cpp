// What it costs to turn one call to JD's gateway into the signed body of its POST: sort, digest and form, beside a bare
// and careful program over the same parameters.
#include "bench/harness.hpp"

#include <kefu/jd/signer.hpp>

#include <openssl/evp.h>

#include <array>
#include <memory>

using namespace kefu;

namespace {

constexpr char kSecret[] = "5f1d3b7a9c2e4f6081a3c5e7092b4d6f";

/// The bare program: OpenSSL with an algorithm fetched once and a context kept, std::sort, a table for the percent
/// encoding, which writes into one string of the right size. It checks nothing.
class BareSigner {
 public:
  BareSigner() : md5_(EVP_MD_fetch(nullptr, "MD5", nullptr)), context_(EVP_MD_CTX_new()) {
    for (int c = 0; c < 256; ++c)
      raw_[static_cast<std::size_t>(c)] = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                                          c == '-' || c == '_' || c == '.' || c == '~';
  }
  ~BareSigner() {
    EVP_MD_CTX_free(context_);
    EVP_MD_free(md5_);
  }
  BareSigner(const BareSigner&) = delete;
  BareSigner& operator=(const BareSigner&) = delete;

  std::string form(const jd::SignParameters& given) const {
    jd::SignParameters parameters(given);
    std::sort(parameters.begin(), parameters.end());
    char sign[32];
    digest(parameters, sign);
    const jd::SignParameter last("sign", std::string_view(sign, sizeof sign));
    parameters.insert(std::lower_bound(parameters.begin(), parameters.end(), last), last);
    std::size_t size = 0;
    for (const auto& [name, value] : parameters) size += 3 * (name.size() + value.size()) + 2;
    std::string body(size, '\0');
    char* to = body.data();
    for (const auto& [name, value] : parameters) {
      if (to != body.data()) *to++ = '&';
      to = write(to, name);
      *to++ = '=';
      to = write(to, value);
    }
    body.resize(static_cast<std::size_t>(to - body.data()));
    return body;
  }

 private:
  void digest(const jd::SignParameters& parameters, char* sign) const {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    EVP_DigestInit_ex2(context_, md5_, nullptr);
    EVP_DigestUpdate(context_, kSecret, sizeof kSecret - 1);
    for (const auto& [name, value] : parameters) {
      EVP_DigestUpdate(context_, name.data(), name.size());
      EVP_DigestUpdate(context_, value.data(), value.size());
    }
    EVP_DigestUpdate(context_, kSecret, sizeof kSecret - 1);
    EVP_DigestFinal_ex(context_, bytes, nullptr);
    constexpr char hex[] = "0123456789ABCDEF";
    for (int i = 0; i < 16; ++i) {
      sign[2 * i] = hex[bytes[i] >> 4];
      sign[2 * i + 1] = hex[bytes[i] & 15];
    }
  }
  char* write(char* to, std::string_view text) const {
    constexpr char hex[] = "0123456789ABCDEF";
    for (const char each : text) {
      const auto c = static_cast<unsigned char>(each);
      if (raw_[c]) {
        *to++ = each;
      } else {
        to[0] = '%';
        to[1] = hex[c >> 4];
        to[2] = hex[c & 15];
        to += 3;
      }
    }
    return to;
  }

  EVP_MD* const md5_;
  EVP_MD_CTX* const context_;
  std::array<bool, 256> raw_;
};

struct Shape {
  const char* name;
  std::string json;
  int further;  ///< Parameters beside the usual seven.
};

std::string repeated(const char* text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

void run(const kefu_bench::Options& options, const Shape& shape) {
  std::vector<std::string> names;
  for (int i = 0; i < shape.further; ++i) names.push_back("parameter_" + std::to_string(997 * (i + 1) % 1000));
  jd::SignParameters parameters{{"method", "jingdong.im.pop.chatlog.fuzzy.query"},
                                {"app_key", "0A1B2C3D4E5F60718293A4B5C6D7E8F9"},
                                {"timestamp", "2024-06-01 08:30:00"},
                                {"v", "2.0"},
                                {"access_token", "a1b2c3d4e5f64718829304a5b6c7d8e9njaz"},
                                {"360buy_param_json", shape.json}};
  for (const std::string& name : names) parameters.emplace_back(name, "value of some length");
  const BareSigner bare;
  const auto signer = jd::Signer::create(Secret(kSecret));
  const auto checked = signer->form(parameters);
  if (!checked || *checked != bare.form(parameters)) {
    std::fprintf(stderr, "%s: the two programs differ\n", shape.name);
    std::exit(1);
  }
  const int calls = static_cast<int>(60'000'000 / (2500 + 4 * shape.json.size() + 100u * names.size()));
  kefu_bench::print(options, shape.name,
                    kefu_bench::compare(
                        options, calls,
                        [&] {
                          for (int i = 0; i < calls; ++i) {
                            const auto form = signer->form(parameters);
                            kefu_bench::keep(form->data());
                          }
                        },
                        [&] {
                          for (int i = 0; i < calls; ++i) {
                            const auto form = bare.form(parameters);
                            kefu_bench::keep(form.data());
                          }
                        }));
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = kefu_bench::parse(argc, argv);
  const Shape shapes[] = {
      {"jd_sign_no_parameters", "{}", 0},
      {"jd_sign_query",
       R"({"customer":"jd_客户01","endTime":"2024-05-31 00:00:00","keyWord":"退款 什么时候到账？","page":1,"pageSize":20,)"
       R"("startTime":"2024-05-30 00:00:00","waiter":"旗舰店-小张"})",
       0},
      {"jd_sign_text_4k", R"({"content":")" + repeated("您好，请问有什么可以帮您？", 105) + "\"}", 0},
      {"jd_sign_ascii_4k", R"({"content":")" + repeated("how may I help you today? ", 158) + "\"}", 0},
      {"jd_sign_40_parameters", "{}", 34},
  };
  for (const Shape& shape : shapes)
    if (options.wants(shape.name)) run(options, shape);
  return 0;
}
