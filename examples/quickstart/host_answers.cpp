#include "host_answers.hpp"

#include <chrono>
#include <functional>
#include <thread>
#include <utility>

using kefu::Content;
using kefu::InboundEvent;
using kefu::InboxTurn;
using kefu::Message;
using kefu::TextContent;

namespace {
struct Keyword {
  const char* word;
  const char* answer;
};
constexpr Keyword kKeywords[] = {
    {"发货", "您好，订单当天 16:00 前付款当天发货，之后的次日发货。"},
    {"退款", "您好，退款在收到退货后 1 至 3 个工作日原路退回。"},
    {"发票", "您好，电子发票在确认收货后自动发送到您的邮箱。"},
};
constexpr char kPictureReceived[] = "图片已收到，客服会尽快查看。";
constexpr std::size_t kMostPictures = 1000;
}  // namespace

void Answers::answer(const InboundEvent& event, const InboxTurn& turn) {
  if (const auto* text = std::get_if<kefu::ReceivedText>(&event.payload)) {
    answer_text(event, *text, turn);
  } else if (const auto* media = std::get_if<kefu::ReceivedMedia>(&event.payload)) {
    const bool picture = media->kind == kefu::ReceivedMedia::Kind::image;
    if (picture && library_) return keep_picture(event, media->media_id, turn);
    turn.answer(TextContent(picture ? kPictureReceived : "文件已收到，客服会尽快查看。"));
  } else if (std::get_if<kefu::Followed>(&event.payload) != nullptr) {
    turn.answer(TextContent("欢迎光临！回复“帮助”查看常见问题。"));
  } else {
    turn.done();
  }
}

void Answers::answer_text(const InboundEvent& event, const kefu::ReceivedText& text, const InboxTurn& turn) {
  if (!text.menu_id.empty()) return turn.answer(TextContent("您选择了：" + text.body));
  if (text.body == "帮助") return send_menu(event, turn);
  if (text.body == "六条") return send_many(event, turn);
  if (text.body == "人工鉴定") return think_slowly(turn);
  if (text.body == "转人工" && sessions_) return hand_over(event, turn);
  if (text.body == "看图片" && library_) return show_picture(event, turn);
  if (text.body.find("尺码") != std::string::npos && !size_chart_.url.empty()) return turn.answer(size_chart_);
  for (const Keyword& keyword : kKeywords) {
    if (text.body.find(keyword.word) != std::string::npos) return turn.answer(TextContent(keyword.answer));
  }
  turn.answer(TextContent("您好，您说的是“" + text.body + "”。回复“帮助”查看常见问题。"));
}

// A menu cannot be part of the answer to a push, so it goes out as a customer message; where the platform has no menus,
// as numbered lines of text.
void Answers::send_menu(const InboundEvent& event, const InboxTurn& turn) {
  if (!messenger_) return turn.done();
  kefu::MenuContent menu("请选择您的问题：",
                         {kefu::MenuContent::Item("ship", "何时发货"), kefu::MenuContent::Item("refund", "如何退款")});
  Message message(event.sender(), std::move(menu));
  message.allow = kefu::Adaptation::any();
  messenger_->send(std::move(message)).then([turn](kefu::Result<kefu::Receipt> sent) {
    if (sent) return turn.done();
    log_line({{"what", "send_failed"}, {"error", sent.error().to_string()}});
    turn.failed(sent.error().message());
  });
}

// Six messages where WeChat takes five: the sixth is refused here, before it costs a call.
void Answers::send_many(const InboundEvent& event, const InboxTurn& turn) {
  if (!messenger_) return turn.done();
  in_background([this, event, turn] {
    for (int number = 1; number <= 6; ++number) {
      auto sent = messenger_->send(Message(event.sender(), TextContent("第 " + std::to_string(number) + " 条"))).get();
      if (sent) continue;
      log_line({{"what", "refused"},
                {"customer", event.customer.id},
                {"number", std::to_string(number)},
                {"kind", std::string(to_string(sent.error().kind()))},
                {"delivery", std::string(to_string(sent.error().delivery()))},
                {"reason", sent.error().message()}});
    }
    turn.done();
  });
}

// The inbox answers the platform in time whatever happens here; this answer leaves later as a customer message.
void Answers::think_slowly(const InboxTurn& turn) {
  in_background([turn] {
    std::this_thread::sleep_for(std::chrono::seconds(8));
    turn.answer(TextContent("鉴定完成：是正品。"));
  });
}

// The platform forgets the customer's own upload in three days: what is to be sent again is uploaded as the account's.
void Answers::keep_picture(const InboundEvent& event, const std::string& media_id, const InboxTurn& turn) {
  const auto lost = [turn](const kefu::Error& error) {
    log_line({{"what", "picture_lost"}, {"error", error.to_string()}});
    turn.answer(TextContent("图片没有收到，请再发一次。"));
  };
  library_->download(kefu::MediaDownload(media_id))
      .then([self = shared_from_this(), customer = event.customer.id, turn,
             lost](kefu::Result<kefu::DownloadedMedia> picture) {
        if (!picture) return lost(picture.error());
        kefu::MediaUpload upload(kefu::MediaKind::image, kefu::MediaContent::memory(std::move(picture->bytes)));
        self->library_->upload(std::move(upload))
            .then([self, customer, turn, lost](kefu::Result<kefu::StoredMedia> stored) {
              if (!stored) return lost(stored.error());
              {
                std::lock_guard<std::mutex> lock(self->mutex_);
                if (self->pictures_.size() >= kMostPictures) self->pictures_.erase(self->pictures_.begin());
                self->pictures_[customer] = *std::move(stored);
              }
              turn.answer(TextContent(kPictureReceived));
            });
      });
}

void Answers::show_picture(const InboundEvent& event, const InboxTurn& turn) {
  std::string media_id;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = pictures_.find(event.customer.id);
    if (found != pictures_.end() && found->second.usable(event.account, std::chrono::system_clock::now()))
      media_id = found->second.media_id;
  }
  if (media_id.empty()) return turn.answer(TextContent("没有您的图片，请再发一次。"));
  turn.answer(kefu::ImageContent(media_id));
}

// To whoever is at work and serves fewest. From then on the customer's messages go to the agent's console; they come
// here again when the session is closed.
void Answers::hand_over(const InboundEvent& event, const InboxTurn& turn) {
  sessions_->agents().then(
      [sessions = sessions_, customer = event.customer, turn](kefu::Result<std::vector<kefu::Agent>> agents) {
        if (!agents) return turn.failed(agents.error().message());
        const kefu::Agent* best = nullptr;
        for (const kefu::Agent& one : *agents) {
          if (!one.online.value_or(false)) continue;
          if (best == nullptr || one.sessions.value_or(0) < best->sessions.value_or(0)) best = &one;
        }
        if (best == nullptr) return turn.answer(TextContent("客服都不在线，请留言。"));
        sessions->open(customer, best->id).then([turn, name = best->name](kefu::Result<void> opened) {
          if (!opened) return turn.failed(opened.error().message());
          turn.answer(TextContent("已为您转接客服" + name + "。"));
        });
      });
}

void Answers::in_background(std::function<void()> work) {
  std::lock_guard<std::mutex> lock(mutex_);
  background_.push_back(std::async(std::launch::async, std::move(work)));
}
