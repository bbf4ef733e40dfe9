#pragma once

#include <kefu/core/store.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace kefu_cli {

/// A store that was opened, and what a person should know of it.
struct OpenedStore {
  std::shared_ptr<kefu::Store> store;
  std::string why_not_durable;  ///< Empty if it is durable, or nobody knows why not.
};

/// Opens the store that one word of a configuration or a command line names:
///
///   sqlite:<path>, or <path>
///   postgres:<conninfo of libpq> [schema=<name>] [password_file=<path>]
///   redis:<address> [prefix=<name>] [user=<name>] [database=<n>] [password_file=<path>] [allow_plain=yes]
///
/// `must_exist`: a file that is not there is an error, not a new store.
kefu::Result<OpenedStore> open_store_place(std::string_view place, bool must_exist = false);

}  // namespace kefu_cli
