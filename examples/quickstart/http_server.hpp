#pragma once

#include <httplib.h>

/// What a server that platforms push to needs, beyond this library's defaults. Its pushes come over a few connections
/// that stay open, and each answer is one small body behind its headers.
inline void set_up_for_pushes(httplib::Server& server) {
  // Headers and body leave in two writes; with Nagle's algorithm the second waits for the client's delayed
  // acknowledgement of the first: 40 ms for every push.
  server.set_tcp_nodelay(true);
  // The default closes a connection after five requests, so that every fifth push pays for a new one.
  server.set_keep_alive_max_count(1'000'000);
  // This library gives each open connection a thread for as long as it is open, and the request waits in it for the
  // handler (up to InboxOptions::answer_within). So threads bound the connections: 128 of them sleep most of the time.
  server.new_task_queue = [] { return new httplib::ThreadPool(128); };
}
