#include "core/crypto/crypto.hpp"
#include "sandbox/http/json_text.hpp"
#include "sandbox/jd/twin.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

using Kind = detail::Value::Kind;

constexpr std::string_view kGatewayPath = "/routerjson";

/// One part after the other of a multipart body: name of the field and its bytes.
Pairs multipart_pairs(std::string_view body, std::string_view content_type) {
  Pairs out;
  const std::size_t at = content_type.find("boundary=");
  if (at == std::string_view::npos) return out;
  std::string_view boundary = content_type.substr(at + 9);
  boundary = boundary.substr(0, boundary.find(';'));
  if (boundary.size() >= 2 && boundary.front() == '"') boundary = boundary.substr(1, boundary.size() - 2);
  const std::string mark = "--" + std::string(boundary);
  for (std::size_t begin = body.find(mark); begin != std::string_view::npos && out.size() < 1000;) {
    begin += mark.size();
    const std::size_t end = body.find("\r\n" + mark, begin);
    if (end == std::string_view::npos) break;
    const std::string_view part = body.substr(begin, end - begin);
    begin = end + 2;
    const std::size_t head_end = part.find("\r\n\r\n");
    const std::size_t name = part.find("name=\"");
    if (head_end == std::string_view::npos || name == std::string_view::npos || name > head_end) continue;
    const std::size_t name_begin = name + 6;
    const std::size_t name_end = part.find('"', name_begin);
    if (name_end == std::string_view::npos) continue;
    out.emplace_back(std::string(part.substr(name_begin, name_end - name_begin)),
                     std::string(part.substr(head_end + 4)));
  }
  return out;
}

bool is_version(std::string_view text) {
  return !text.empty() && text.front() != '.' && text.back() != '.' &&
         text.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool has_error_code(const JdResult& result) { return result.code != 0; }

/// The same value with every number as a string.
void write_with_text_numbers(detail::JsonWriter& writer, const detail::Value& value) {
  switch (value.kind()) {
    case Kind::number:
      writer.string(value.text());
      break;
    case Kind::object:
      writer.begin_object();
      for (const auto& member : value) {
        writer.key(member.name);
        write_with_text_numbers(writer, member.value);
      }
      writer.end_object();
      break;
    case Kind::array:
      writer.begin_array();
      for (const auto& element : value) write_with_text_numbers(writer, element.value);
      writer.end_array();
      break;
    default:
      write_value(writer, value);
  }
}

std::string node_name(std::string_view method, bool spelled_right) {
  std::string name(method);
  std::replace(name.begin(), name.end(), '.', '_');
  return name + (spelled_right ? "_response" : "_responce");
}

int number_of(std::string_view code) {
  int number = 0;
  for (const char c : code.substr(0, 9))
    if (c >= '0' && c <= '9') number = number * 10 + (c - '0');
  return number;
}

}  // namespace

Pairs jd_params(const WebRequest& request) {
  const std::string_view type = find_pair(request.headers, "content-type").value_or("");
  Pairs params;
  if (request.method == "POST")
    params = starts_with(type, "multipart/form-data") ? multipart_pairs(request.body, type) : query_pairs(request.body);
  params.insert(params.end(), request.query.begin(), request.query.end());
  return params;
}

std::string jd_expected_sign(const Pairs& params, std::string_view secret) {
  std::map<std::string_view, std::string_view> signed_ones;
  for (const auto& [name, value] : params)
    if (name != "sign") signed_ones.emplace(name, value);  // The first wins, as find_pair does.
  std::vector<std::string_view> pieces = {secret};
  for (const auto& [name, value] : signed_ones) {
    if (value.empty()) continue;
    pieces.push_back(name);
    pieces.push_back(value);
  }
  pieces.push_back(secret);
  return detail::digest(detail::DigestKind::md5, pieces.data(), pieces.size()).upper_hex();
}

JdResult jd_failure(const JdRoute& route, std::string_view code, std::string_view text) {
  JdResult result;
  result.node.clear();
  detail::JsonWriter writer(result.node);
  writer.begin_object();
  if (!route.wrapper.empty() && route.family != JdFamily::plain && route.family != JdFamily::message)
    writer.key(route.wrapper).begin_object();
  switch (route.family) {
    case JdFamily::plain:
      result.node_code = code;
      writer.key("error_description").string(text);
      break;
    case JdFamily::order:
      writer.key("apiResult").begin_object().key("success").boolean(false).key("chineseErrCode").string(text);
      writer.key("englishErrCode").string("failed").key("numberCode").integer(number_of(code)).end_object();
      break;
    case JdFamily::page:
      writer.key("success").boolean(false).key("code").string(code).key("msg").string(text).key("data").null();
      writer.key("pageSize").integer(0).key("pageNumber").integer(0).key("totalCount").integer(0);
      break;
    case JdFamily::inner:
      writer.key("code").integer(number_of(code)).key("msg").string(text).key("data").null();
      writer.key("requestId").string(random_hex(16));
      break;
    case JdFamily::refund:
      writer.key("success").boolean(false).key("errorCode").string(code).key("errorMsg").string(text);
      break;
    case JdFamily::logistics:
      writer.key("code").integer(number_of(code)).key("messsage").string(text).key("data").null();
      break;
    case JdFamily::review:
      writer.key("resultCode").string(code).key("resultMsg").string(text);
      break;
    case JdFamily::message:
      if (route.wrapper.empty()) {
        result.node_code = code;
      } else {
        writer.key(route.wrapper).begin_object().key("code").integer(number_of(code));
      }
      writer.key("errmsg").string(text);
      if (!route.wrapper.empty()) writer.end_object();
      break;
  }
  if (!route.wrapper.empty() && route.family != JdFamily::plain && route.family != JdFamily::message)
    writer.end_object();
  writer.end_object();
  return result;
}

std::string JdTwin::call_name(const WebRequest& request) const {
  if (request.path != kGatewayPath) return request.path;
  if (const auto in_query = find_pair(request.query, "method"); in_query && request.body.empty())
    return std::string(*in_query);
  return std::string(find_pair(jd_params(request), "method").value_or(request.path));
}

WebAnswer JdTwin::handle(const WebRequest& request, WallTime now) {
  if (request.path == kGatewayPath && (request.method == "GET" || request.method == "POST"))
    return gateway(request, now);
  return oauth(request, now);
}

WebAnswer JdTwin::gateway(const WebRequest& request, WallTime now) {
  const Pairs params = jd_params(request);
  JdCall call{*this, params, now};
  JdResult result = run(call);
  const std::string name = call.method.empty() ? request.path : call.method;
  note_call(name, result.code != 0 ? result.code : number_of(result.node_code));
  return envelope(call, result);
}

JdResult JdTwin::run(JdCall& call) {
  if (JdResult bad = check_system(call); has_error_code(bad)) return bad;
  if (JdResult bad = check_identity(call); has_error_code(bad)) return bad;
  const std::string_view business = call.param("360buy_param_json");
  if (!business.empty() && business != "null" && business != "[]") {  // all three say "none" (jd 1.2)
    call.document = detail::Document::json(business);
    if (!call.document) return jd_error(call.document.fault() == detail::ReadFault::not_an_object ? 62 : 63);
    call.body = call.document.root();
  }
  const std::int64_t limit = call.app->app.calls_per_day;
  const std::int64_t day = platform_day(call.now);
  if (limit > 0 && call.app->day.in(day) >= limit) return jd_error(2);
  call.app->day.add(day);
  if (const auto set = answers.find(call.method); set != answers.end()) {
    JdResult result;
    result.node = set->second;
    return result;
  }
  return call.route->run(call);
}

/// What the gateway sees without knowing who calls, in the order of jd 9.
JdResult JdTwin::check_system(JdCall& call) {
  call.method = call.param("method");
  if (call.method.empty()) return jd_error(14);
  const auto route = routes_.find(call.method);
  if (route != routes_.end()) call.route = route->second;
  if (call.route == nullptr && answers.count(call.method) == 0) return jd_error(15);
  const std::string_view version = call.param("v");
  if (version.empty()) return jd_error(4);
  if (version != (starts_with(call.method, "jd.union.") ? "1.0" : "2.0")) return jd_error(is_version(version) ? 5 : 6);
  const std::string_view timestamp = call.param("timestamp");
  if (timestamp.empty()) return jd_error(7);
  const auto time = read_jd_time(timestamp);
  const std::chrono::seconds bound(setting("jd_clock_bound_s"));
  if (!time || *time > call.now + bound || *time < call.now - bound) return jd_error(8);
  return {};
}

JdResult JdTwin::check_identity(JdCall& call) {
  const std::string_view app_key = call.param("app_key");
  if (app_key.empty()) return jd_error(20);
  call.app = find_app(app_key);
  if (call.app == nullptr) return jd_error(21);
  const JdApp& app = call.app->app;
  if (!app.online) return jd_error(25);
  const std::string_view sign = call.param("sign");
  if (sign.empty()) return jd_error(11);
  if (sign != jd_expected_sign(call.params, app.app_secret)) return jd_error(12);
  if (call.route == nullptr || call.route->token) {
    const std::string_view token = call.param("access_token");
    if (token.empty()) return jd_error(18);
    call.grant = grant_of(token, app_key, call.now);
    call.shop = call.grant == nullptr ? nullptr : find_shop(call.grant->shop);
    if (call.shop == nullptr)
      return jd_error(19, setting("jd_token_in_text") == 0
                              ? std::string()
                              : "token已过期或者不存在，请重新授权访问 " + std::string(token));
  }
  const auto& granted = app.methods;
  if (!granted.empty() && std::find(granted.begin(), granted.end(), call.method) == granted.end()) return jd_error(24);
  return {};
}

WebAnswer JdTwin::envelope(const JdCall& call, const JdResult& result) const {
  const bool number_code = setting("jd_code_as_number") != 0;
  const auto write_code = [number_code](detail::JsonWriter& writer, std::string_view code) {
    const bool is_number = !code.empty() && code.find_first_not_of("0123456789") == std::string_view::npos;
    writer.key("code");
    if (number_code && is_number) {
      writer.raw(code);
    } else {
      writer.string(code);
    }
  };
  WebAnswer answer;
  answer.content_type = "application/json;charset=UTF-8";
  detail::JsonWriter writer(answer.body);
  writer.begin_object();
  if (result.code != 0) {
    const JdCodeText text = jd_code_text(result.code);
    writer.key("error_response").begin_object();
    write_code(writer, std::to_string(result.code));
    writer.key("zh_desc").string(result.detail.empty() ? text.zh : std::string_view(result.detail));
    writer.key("en_desc").string(text.en).end_object();
  } else {
    const detail::Document node = detail::Document::json(result.node, {64 * 1024 * 1024, 64, 4'000'000});
    writer.key(node_name(call.method, setting("jd_response_spelling") != 0)).begin_object();
    if (!node.root()["code"].present()) write_code(writer, result.node_code);
    for (const auto& member : node.root()) {
      writer.key(member.name);
      if (setting("jd_numbers_as_strings") != 0) {
        write_with_text_numbers(writer, member.value);
      } else {
        write_value(writer, member.value);
      }
    }
    writer.end_object();
  }
  writer.end_object();
  if (setting("jd_trailing_comma") != 0) answer.body.insert(answer.body.size() - 2, ",");
  return answer;
}

WebAnswer JdTwin::refusal(const WebRequest& request, const Fault& fault, bool business, WallTime now) {
  const Pairs params = jd_params(request);
  JdCall call{*this, params, now};
  call.method = call_name(request);
  note_call(call.method, fault.errcode);
  if (request.path != kGatewayPath)
    return oauth_fault(request, fault.errcode, fault.body.empty() ? std::string_view("系统繁忙") : fault.body);
  if (!business) return envelope(call, jd_error(fault.errcode, fault.body));
  static const JdRoute kPlain{"", JdFamily::plain, "", nullptr, false, false};
  const auto route = routes_.find(call.method);
  const std::string code = fault.errcode < 0 ? std::string("500") : std::to_string(fault.errcode);
  return envelope(call, jd_failure(route == routes_.end() ? kPlain : *route->second, code,
                                   fault.body.empty() ? std::string_view("系统繁忙") : std::string_view(fault.body)));
}

WebAnswer JdTwin::idle_success(const WebRequest& request) {
  const Pairs params = jd_params(request);
  JdCall call{*this, params, WallTime()};
  call.method = call_name(request);
  note_call(call.method, 0);
  if (request.path != kGatewayPath) return oauth_fault(request, 0, "");
  return envelope(call, {});
}

void write_jd_time(detail::JsonWriter& writer, std::string_view name, WallTime time, const JdTwin& twin) {
  writer.key(name);
  if (time == kNotYet) {
    writer.null();
  } else if (twin.setting("jd_dates_as_text") != 0) {
    writer.string(jd_time_text(time));
  } else {
    writer.integer(unix_millis(time));
  }
}

}  // namespace sandbox
KEFU_END_NAMESPACE
