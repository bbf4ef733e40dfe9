#pragma once

#include "core/async/runtime_core.hpp"

#include <kefu/channel/capabilities.hpp>
#include <kefu/channel/media_library.hpp>
#include <kefu/core/client.hpp>

#include <memory>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// Temporary and permanent media of one account.
///
/// Thread safety: all members may be called from any thread.
class AccountMediaLibrary final : public MediaLibrary {
 public:
  AccountMediaLibrary(std::shared_ptr<detail::RuntimeCore> runtime, ApiClient client, std::string account,
                      std::shared_ptr<const Capabilities> capabilities);

  Pending<StoredMedia> upload(MediaUpload upload, CallOptions options) override;
  Pending<StoredMedia> renew(StoredMedia stored, MediaUpload again, CallOptions options) override;
  Pending<DownloadedMedia> download(MediaDownload download, CallOptions options) override;

 private:
  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const ApiClient client_;
  const std::string account_;
  const std::shared_ptr<const Capabilities> capabilities_;
};

}  // namespace wechat
KEFU_END_NAMESPACE
