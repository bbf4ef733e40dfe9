#pragma once

/// Everything of `kefu::kefu` in one include. The components have headers of their own: <kefu/stores/...> for
/// kefu::sqlite and <kefu/sandbox/...> for kefu::sandbox. Written by tests/structure/umbrella.sh.

#include <kefu/channel/agent_sessions.hpp>
#include <kefu/channel/authorizer.hpp>
#include <kefu/channel/capabilities.hpp>
#include <kefu/channel/channel.hpp>
#include <kefu/channel/content.hpp>
#include <kefu/channel/inbound.hpp>
#include <kefu/channel/inbox.hpp>
#include <kefu/channel/message.hpp>
#include <kefu/channel/poller.hpp>
#include <kefu/channel/profiles.hpp>
#include <kefu/channel/reply_window.hpp>
#include <kefu/channel/transcripts.hpp>
#include <kefu/channel/webhook.hpp>
#include <kefu/core/call_options.hpp>
#include <kefu/core/cancel.hpp>
#include <kefu/core/client.hpp>
#include <kefu/core/curl_options.hpp>
#include <kefu/core/error.hpp>
#include <kefu/core/executor.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/function.hpp>
#include <kefu/core/http.hpp>
#include <kefu/core/observer.hpp>
#include <kefu/core/observer_names.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/core/pending.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/runtime.hpp>
#include <kefu/core/scheduler.hpp>
#include <kefu/core/sealed_store.hpp>
#include <kefu/core/secret.hpp>
#include <kefu/core/store.hpp>
#include <kefu/core/time.hpp>
#include <kefu/core/token_source.hpp>
#include <kefu/jd/after_sale.hpp>
#include <kefu/jd/after_sale_review.hpp>
#include <kefu/jd/app.hpp>
#include <kefu/jd/buyer.hpp>
#include <kefu/jd/dongdong.hpp>
#include <kefu/jd/goods.hpp>
#include <kefu/jd/identity.hpp>
#include <kefu/jd/im_pop.hpp>
#include <kefu/jd/im_realtime.hpp>
#include <kefu/jd/logistics.hpp>
#include <kefu/jd/operations.hpp>
#include <kefu/jd/orders.hpp>
#include <kefu/jd/reviews.hpp>
#include <kefu/jd/shop.hpp>
#include <kefu/jd/shop_info.hpp>
#include <kefu/jd/signer.hpp>
#include <kefu/jd/thread.hpp>
#include <kefu/jd/time.hpp>
#include <kefu/wechat/account.hpp>
#include <kefu/wechat/account_kind.hpp>
#include <kefu/wechat/customer_messages.hpp>
#include <kefu/wechat/events.hpp>
#include <kefu/wechat/operations.hpp>
#include <kefu/wechat/push.hpp>
#include <kefu/wechat/tokens.hpp>

#if defined(__cpp_impl_coroutine)
#include <kefu/core/coroutine.hpp>
#endif
