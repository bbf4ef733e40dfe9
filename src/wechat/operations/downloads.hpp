#pragma once

#include "channel/content/media_writer.hpp"
#include "core/call/fields.hpp"

#include <kefu/channel/media.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// What operations have in common whose answer is a file: a member `to`, a member `state`.

/// What comes in a file's place is bounded by itself, not by the file's target.
inline constexpr std::size_t kLongestAnswer = 1024 * 1024;

/// Errors: `bad_argument` (the target's file cannot be made).
template <class Op>
Result<void> open_target(const Op& op, std::size_t longest_answer, HttpRequest& out) {
  auto writer = detail::MediaWriter::open(op.to);
  if (!writer) return writer.error();
  // The call owns the writer: whatever keeps the request longer does not keep an unfinished file.
  out.sink = [weak = std::weak_ptr(*writer)](std::string_view bytes) {
    const auto open = weak.lock();
    return open && open->write(bytes);
  };
  op.state.writer = *std::move(writer);
  out.max_reply_bytes = std::max(op.to.max_bytes(), longest_answer);
  return {};
}

inline void read_file_headers(const detail::Reply& reply, DownloadedMedia& media) {
  media.content_type = detail::media_type_of(reply.http.header("content-type"));
  media.name = detail::file_name_of(reply.http.header("content-disposition"));
}

template <class Op>
bool saves_file(const void* request) {
  return !static_cast<const Op*>(request)->to.path().empty();
}

inline DownloadedMedia& media_in(DownloadedMedia& response) { return response; }

/// Puts the file where it belongs; of other responses `media_in` says where the file is.
template <class Op>
Result<void> finish_download(const void* request, const detail::Reply& reply, void* response) {
  const auto writer = std::move(static_cast<const Op*>(request)->state.writer);
  if (!reply.streamed || !writer) return {};
  return writer->commit(media_in(*static_cast<typename Op::Response*>(response)));
}

}  // namespace wechat
KEFU_END_NAMESPACE
